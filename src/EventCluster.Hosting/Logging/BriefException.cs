namespace EventCluster.Hosting.Logging;

/// <summary>An exception as the log writes it: with its stack trace, but not without bound, or in one line.</summary>
/// <param name="exception">The exception.</param>
/// <param name="withTrace">Whether the stack trace is written.</param>
/// <param name="hasTrace">Whether it was written before.</param>
internal sealed class BriefException(Exception exception, bool withTrace, bool hasTrace = true) : Exception(exception.Message)
{
    /// <summary>Most characters of it.</summary>
    public const int MaxCharacters = 8 * 1024;

    private const int MaxBriefCharacters = 512;

    /// <summary>Without a stack trace, now or ever.</summary>
    public static BriefException InOneLine(Exception exception) => new(exception, withTrace: false, hasTrace: false);

    /// <inheritdoc />
    public override string ToString() => withTrace
        ? Cut(exception.ToString(), MaxCharacters)
        : Cut($"{exception.GetType().FullName}: {exception.Message}", MaxBriefCharacters)
            + (hasTrace ? " (stack trace: see an earlier line)" : "");

    private static string Cut(string text, int length) => text.Length <= length ? text : text[..length] + " ...";
}
