using EventCluster.Hosting.Configuration;

namespace EventCluster.Hosting.Commands;

/// <summary>Where a command speaks to its operator.</summary>
/// <param name="Out">Results.</param>
/// <param name="Error">Faults, one line each.</param>
public sealed record Terminal(TextWriter Out, TextWriter Error)
{
    /// <summary>The process's own streams.</summary>
    public static Terminal Process { get; } = new(Console.Out, Console.Error);

    /// <summary>How long a result waits for whoever reads it.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Says something that nobody depends on. Standard output that is not read blocks its writer, and a server must not hang on
    /// its greeting.
    /// </summary>
    public async Task GreetAsync(string text)
    {
        try
        {
            await Task.Run(() => Out.WriteLine(text)).WaitAsync(_patience, TimeProvider.System);
        }
        catch (TimeoutException)
        {
            // It is written when somebody reads, or never.
        }
    }

    /// <summary>Reports why something cannot be done, in one line.</summary>
    /// <returns><see cref="ExitCode.CannotStart"/>.</returns>
    public async Task<int> FailAsync(string fault)
    {
        await Error.WriteLineAsync("eventcluster: " + fault.ReplaceLineEndings(" "));
        return ExitCode.CannotStart;
    }
}
