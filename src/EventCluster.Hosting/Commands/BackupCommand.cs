using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using EventCluster.Hosting.Configuration;
using EventCluster.Hosting.Node;
using EventCluster.Storage.LocalDisk;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventCluster.Hosting.Commands;

/// <summary>
/// <c>--backup TO</c>: opens the data folder itself, or, when a server has it open, asks that server through its
/// address and the token in the folder.
/// </summary>
internal static class BackupCommand
{
    // A backup copies the whole store; nobody can say how long that takes, only that a day is too long.
    private static readonly TimeSpan _timeout = TimeSpan.FromHours(24);

    public static async Task<int> RunAsync(
        CommandMode.Backup mode, EventClusterOptions options, Terminal terminal, CancellationToken cancellationToken)
    {
        if (options.Store != StoreKind.LocalDisk)
        {
            return await terminal.FailAsync(
                "--backup copies the embedded store; a PostgreSQL database is backed up by its own tools (pg_dump, pg_basebackup).");
        }

        var (from, to) = (Path.GetFullPath(options.DataPath), Path.GetFullPath(mode.To));
        if (!Directory.Exists(from))
        {
            return await terminal.FailAsync($"'{from}' does not exist; name the data folder with --data.");
        }

        try
        {
            await using var store = await LocalDiskStart.OpenAsync(
                options, new NodeStart(Restored: false), TimeProvider.System, NullLoggerFactory.Instance, cancellationToken);
            await LocalDiskStart.BackupAsync(store, to, cancellationToken)!;
        }
        catch (DataDirectoryLockedException)
        {
            if (await AskServerAsync(from, to, cancellationToken) is { } fault)
            {
                return await terminal.FailAsync(fault);
            }
        }

        await terminal.Out.WriteLineAsync($"Backed up {from} to {to}. Start a server on a copy of it with --restored.");
        return ExitCode.Success;
    }

    private static async Task<string?> AskServerAsync(string from, string to, CancellationToken cancellationToken)
    {
        if (ControlFile.Read(from) is not { } control)
        {
            return $"'{from}' is open in another process. {ControlFile.HolderOf(from)}";
        }

        // No proxy: the token is for this machine. The server's own file vouches for its certificate.
        using var handler = new HttpClientHandler
        {
            UseProxy = false,
#pragma warning disable MA0039 // Pinning one certificate is stricter than a chain, and a self-signed one has none.
            ServerCertificateCustomValidationCallback = (_, certificate, _, _) =>
                certificate?.GetCertHashString(HashAlgorithmName.SHA256) == control.Certificate,
#pragma warning restore MA0039
        };
        using var client = new HttpClient(handler) { Timeout = _timeout };
        using var request = new HttpRequestMessage(
            HttpMethod.Post, $"{control.Url}{BackupEndpoint.Address}?to={Uri.EscapeDataString(to)}");
        request.Headers.Add(BackupEndpoint.TokenHeader, control.Token);
        try
        {
            using var answer = await client.SendAsync(request, cancellationToken);
            return answer.StatusCode == HttpStatusCode.OK
                ? null
                : $"the server at {control.Url} refused: {await DetailAsync(answer, cancellationToken)}";
        }
        catch (HttpRequestException e)
        {
            return $"the server at {control.Url} has '{from}' open but does not answer: {e.Message}";
        }
    }

    /// <summary>What a refusal says: problem details, or the status of something that is not this server.</summary>
    private static async Task<string> DetailAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        var text = await answer.Content.ReadAsStringAsync(cancellationToken);
        try
        {
            using var problem = JsonDocument.Parse(text);
            return problem.RootElement.GetProperty("detail").GetString() ?? text;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return $"{(int)answer.StatusCode} {answer.ReasonPhrase}";
        }
    }
}
