using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;

namespace EventCluster.Hosting.Node;

/// <summary>
/// A file beside the data that tells one-shot modes how to reach the server that has the folder open. Only who may read
/// the folder's files can read the token, so the token proves what a remote address cannot.
/// </summary>
/// <param name="Url">Where the server listens.</param>
/// <param name="Token">Must come with each request.</param>
/// <param name="Certificate">SHA-256 of the certificate at an https address, which this machine need not trust otherwise.</param>
/// <param name="ProcessId">The server's process; 0 in a file of an older version.</param>
internal sealed record ControlFile(string Url, string Token, string? Certificate, int ProcessId = 0)
{
    /// <summary>Name inside the data folder.</summary>
    public const string FileName = "control.json";

    /// <summary>Makes one with a fresh token.</summary>
    public static ControlFile Create(string url, string? certificate) =>
        new(url, RandomNumberGenerator.GetHexString(64, lowercase: true), certificate, Environment.ProcessId);

    /// <summary>The file of a running server, or null.</summary>
    public static ControlFile? Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        return File.Exists(path) ? JsonSerializer.Deserialize<ControlFile>(File.ReadAllBytes(path)) : null;
    }

    /// <summary>
    /// Who has a folder open that is locked, in words. A file that a killed server left names a process that is gone; one of
    /// another container names a process that is not visible here.
    /// </summary>
    public static string HolderOf(string folder)
    {
        ControlFile? control = null;
        try
        {
            control = Read(folder);
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            // Said as if it was not there: another user's server, or half a file.
        }

        return control switch
        {
            null or { ProcessId: 0 } => $"It left no {FileName} that can be read: it is starting, or a backup, a copy or a salvage, or belongs to another user.",
            _ when IsRunning(control.ProcessId) => $"It is process {control.ProcessId}, which listens at {control.Url}.",
            _ => $"Its {FileName} names process {control.ProcessId} at {control.Url}, which does not run here: it runs in another container, "
                + "or was killed and something else has the folder open.",
        };
    }

    private static bool IsRunning(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Removes what a server left.</summary>
    public static void Delete(string folder) => File.Delete(Path.Combine(folder, FileName));

    /// <summary>Puts the file into a folder, readable for its owner only.</summary>
    public void Write(string folder)
    {
        Delete(folder);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var file = new FileStream(Path.Combine(folder, FileName), options);
        JsonSerializer.Serialize(file, this);
    }

    /// <summary>True when a request brought the token.</summary>
    public bool Accepts(string? token) =>
        token is not null
        && CryptographicOperations.FixedTimeEquals(System.Text.Encoding.UTF8.GetBytes(token), System.Text.Encoding.UTF8.GetBytes(Token));
}
