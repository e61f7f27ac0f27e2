using Microsoft.Extensions.Logging;

namespace EventCluster.Orleans.Directory;

/// <content>Log messages 6020–6029, and what clients are told.</content>
internal sealed partial class OwnerCalls
{
    /// <summary>Detail of an answer while the process stops.</summary>
    public const string StoppingDetail = "The server is stopping.";

    /// <summary>Detail of an answer when no owner answered a question in time.</summary>
    public const string NotAnsweredDetail = "The stream's owner did not answer in time; ask again.";

    /// <summary>Of a repeat that finds a stream which may be a successor of the one that the request meant.</summary>
    public const string SuccessorDetail =
        "The stream's owner did not answer in time; the stream that is there now may have been created since, so the request was not repeated.";

    /// <summary>Detail of an answer when no owner answered a change in time.</summary>
    public const string UnknownDetail = "The stream's owner did not answer in time; whether it happened is not known.";

    [LoggerMessage(6020, LogLevel.Information, "Stream '{Stream}': its owner was not reached ({Type}: {Message}); the call is repeated.")]
    private static partial void LogAttemptFailed(ILogger logger, string stream, string type, string message);
}
