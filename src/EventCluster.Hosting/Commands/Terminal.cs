namespace EventCluster.Hosting.Commands;

/// <summary>Where a command speaks to its operator.</summary>
/// <param name="Out">Results.</param>
/// <param name="Error">Faults, one line each.</param>
public sealed record Terminal(TextWriter Out, TextWriter Error)
{
    /// <summary>The process's own streams.</summary>
    public static Terminal Process { get; } = new(Console.Out, Console.Error);

    /// <summary>Reports why something cannot be done, in one line.</summary>
    /// <returns><see cref="ExitCode.CannotStart"/>.</returns>
    public async Task<int> FailAsync(string fault)
    {
        await Error.WriteLineAsync("eventcluster: " + fault.ReplaceLineEndings(" "));
        return ExitCode.CannotStart;
    }
}
