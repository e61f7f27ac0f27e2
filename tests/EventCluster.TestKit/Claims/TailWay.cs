using EventCluster.Protocol;

namespace EventCluster.TestKit.Claims;

/// <summary>One way to learn where a stream ends: a node, a client, a verb. Safe to use from many threads.</summary>
/// <param name="node">Which node is asked.</param>
/// <param name="verb">With which client and how.</param>
public abstract class TailWay(string node, string verb) : IAsyncDisposable
{
    /// <summary>Which node is asked.</summary>
    public string Node => node;

    /// <summary>With which client and how.</summary>
    public string Verb => verb;

    /// <summary>Both, for counts and messages.</summary>
    public string Name { get; } = $"{node} {verb}";

    /// <summary>Asks once.</summary>
    /// <param name="stream">About which stream.</param>
    /// <param name="known">The last position that this client saw there.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What the answer claims. What a network or a busy server does is an exception of the kinds of <see cref="IsNoAnswer"/>.</returns>
    /// <exception cref="InvalidDataException">An answer that no fault excuses.</exception>
    public abstract Task<TailAnswer> AskAsync(string stream, StreamOffset known, CancellationToken cancellationToken);

    /// <summary>Whether an exception says that there was no answer.</summary>
    public virtual bool IsNoAnswer(Exception exception) => exception is HttpRequestException or IOException or OperationCanceledException;

    /// <inheritdoc />
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return default;
    }
}
