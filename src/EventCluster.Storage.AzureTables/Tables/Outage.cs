using Azure;

namespace EventCluster.Storage.AzureTables.Tables;

/// <summary>Which failures say nothing about the data.</summary>
internal static class Outage
{
    private const int RequestTimeout = 408;
    private const int TooManyRequests = 429;
    private const int ServerError = 500;

    /// <summary>True for a fault of the way to the service or of its moment, not of what was asked.</summary>
    /// <param name="exception">What the client threw.</param>
    /// <param name="cancellationToken">The caller's: its own end is no outage.</param>
    public static bool Is(Exception exception, CancellationToken cancellationToken) => exception switch
    {
        RequestFailedException answer => answer.Status is 0 or RequestTimeout or TooManyRequests or >= ServerError,
        AggregateException several => several.InnerExceptions.All(inner => Is(inner, cancellationToken)),
        OperationCanceledException => !cancellationToken.IsCancellationRequested,
        HttpRequestException => true,
        _ => false,
    };

    /// <summary>What an operator needs of an exception, in one line.</summary>
    public static string Describe(Exception exception)
    {
        var cause = exception is AggregateException several ? several.InnerExceptions[^1] : exception;
        var line = cause.Message.AsSpan().Trim();
        var end = line.IndexOfAny('\r', '\n');
        var first = (end < 0 ? line : line[..end]).ToString();
        return cause is RequestFailedException { Status: > 0 } answer ? $"{first} (status {answer.Status}, {answer.ErrorCode})" : first;
    }
}
