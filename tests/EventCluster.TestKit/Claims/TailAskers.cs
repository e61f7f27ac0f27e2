using System.Collections.Concurrent;
using EventCluster.Protocol;

namespace EventCluster.TestKit.Claims;

/// <summary>Asks for tails in every way, all the time, and records what the answers claim.</summary>
public sealed class TailAskers : IAsyncDisposable
{
    private readonly ClaimRecorder _recorder;
    private readonly TimeProvider _time;
    private readonly IReadOnlyList<TailWay> _ways;
    private readonly IReadOnlyList<string> _streams;
    private readonly ConcurrentDictionary<string, StreamOffset> _known = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _end = new();
    private readonly Task[] _asking;

    /// <summary>Begins to ask.</summary>
    /// <param name="recorder">Gets the claims.</param>
    /// <param name="ways">In these ways; owned from now on.</param>
    /// <param name="streams">About these streams, which exist, in turn; with where they were when they were created.</param>
    /// <param name="each">Askers for each way: so many requests may wait at a node that is stopped.</param>
    /// <param name="pace">Between two questions of one asker.</param>
    /// <param name="time">Waits.</param>
    public TailAskers(
        ClaimRecorder recorder, IReadOnlyList<TailWay> ways, IReadOnlyDictionary<string, StreamOffset> streams, int each, TimeSpan pace,
        TimeProvider time)
    {
        (_recorder, _ways, _streams, _time) = (recorder, ways, [.. streams.Keys], time);
        foreach (var (stream, position) in streams)
        {
            _known[stream] = position;
        }

        _asking = [.. ways.SelectMany((way, w) => Enumerable.Range(0, each).Select(i => Task.Run(() => RunAsync(way, (w * 31) + (i * 7), pace))))];
    }

    /// <summary>Throws what ended an asker.</summary>
    public async Task ThrowIfBrokenAsync() => await Task.WhenAll(_asking.Where(task => task.IsCompleted));

    /// <summary>Ends all, and throws what ended one too early.</summary>
    public async Task FinishAsync()
    {
        await _end.CancelAsync();
        await Phase.OfAsync("askers end", Task.WhenAll(_asking));
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_asking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var way in _ways)
        {
            await way.DisposeAsync();
        }

        _end.Dispose();
    }

    private async Task RunAsync(TailWay way, int first, TimeSpan pace)
    {
        for (var i = first; !_end.IsCancellationRequested; i++)
        {
            await AskAsync(way, _streams[i % _streams.Count]);
            await Task.Delay(pace, _time, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task AskAsync(TailWay way, string stream)
    {
        using var timeout = new CancellationTokenSource(TailWays.Timeout, _time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _end.Token);
        var known = _known[stream];
        var request = _recorder.Ask(stream, way.Name);
        TailAnswer answer;
        try
        {
            answer = await way.AskAsync(stream, known, end.Token);
        }
        catch (Exception e) when (way.IsNoAnswer(e))
        {
            answer = TailAnswer.None;
        }

        if (_end.IsCancellationRequested)
        {
            return;
        }

        request.Answer(answer.Claim, answer.Waited);
        if (answer.Claim.Kind is ClaimKind.Tail or ClaimKind.Reached)
        {
            _known.AddOrUpdate(stream, answer.Claim.Position, (_, before) => answer.Claim.Position > before ? answer.Claim.Position : before);
        }
    }
}
