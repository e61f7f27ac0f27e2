using System.Collections.Concurrent;
using EventCluster.Protocol;
using EventCluster.TestKit.Claims;

namespace EventCluster.Failover.Claims;

/// <summary>Records appends, each from before its first attempt to its acknowledgement.</summary>
internal sealed class RecordingAppendPort(IAppendPort port, ClaimRecorder claims) : IAppendPort
{
    private readonly ConcurrentDictionary<(string Stream, string Producer, long Number), SentAppend> _sent = new();

    /// <inheritdoc />
    public async ValueTask<StreamOffset?> TryAppendAsync(ProducedAppend append, CancellationToken cancellationToken)
    {
        var key = (append.Stream, append.Producer, append.Number);
        var sent = _sent.GetOrAdd(key, static (key, state) => state.claims.Append(key.Stream, state.append.Payloads.Count), (claims, append));
        var position = await port.TryAppendAsync(append, cancellationToken);
        sent.Acknowledge(position);
        _sent.TryRemove(key, out _);
        return position;
    }
}
