using Azure;

namespace EventCluster.Storage.AzureTables.Tables;

/// <summary>
/// The one place that decides what a failure of the service means. A status that the caller did not ask about (a condition, an
/// entity that is there or is not) is an outage, whatever it is: nothing is known about the data, and the operator may be about to
/// mend it.
/// </summary>
internal static class Outage
{
    private const int BadRequest = 400;
    private const int Conflict = 409;
    private const int RequestTimeout = 408;
    private const int TooManyRequests = 429;
    private const int ServerError = 500;

    // A table that was just deleted keeps its name for about a minute.
    private const string TableBeingDeleted = "TableBeingDeleted";

    /// <summary>True for a failure of the service or of the way to it, and not of this program.</summary>
    /// <param name="exception">What the client threw.</param>
    /// <param name="cancellationToken">The caller's: its own end is no outage.</param>
    public static bool Is(Exception exception, CancellationToken cancellationToken) => exception switch
    {
        RequestFailedException or HttpRequestException => true,
        AggregateException several => several.InnerExceptions.All(inner => Is(inner, cancellationToken)),
        OperationCanceledException => !cancellationToken.IsCancellationRequested,
        _ => false,
    };

    /// <summary>True when waiting does not help: the start ends with one line instead of trying again.</summary>
    public static bool IsFinalAtStart(Exception? exception) => exception switch
    {
        RequestFailedException { Status: Conflict, ErrorCode: TableBeingDeleted } => false,
        RequestFailedException answer => IsRefusal(answer.Status),
        AggregateException several => several.InnerExceptions.All(IsFinalAtStart),
        _ => false,
    };

    /// <summary>True when the service answered that it did not do what was asked; without an answer it may have.</summary>
    public static bool IsNothingWritten(Exception? exception) =>
        exception is RequestFailedException answer && (IsRefusal(answer.Status) || answer.Status == TooManyRequests);

    /// <summary>What an operator needs of an exception, in one line.</summary>
    public static string Describe(Exception exception)
    {
        var cause = exception is AggregateException several ? several.InnerExceptions[^1] : exception;
        var line = cause.Message.AsSpan().Trim();
        var end = line.IndexOfAny('\r', '\n');
        var first = (end < 0 ? line : line[..end]).ToString();
        return cause is RequestFailedException { Status: > 0 } answer ? $"{first} (status {answer.Status}, {answer.ErrorCode})" : first;
    }

    private static bool IsRefusal(int status) => status is >= BadRequest and < ServerError and not (RequestTimeout or TooManyRequests);
}
