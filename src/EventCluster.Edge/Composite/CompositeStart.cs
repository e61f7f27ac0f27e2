using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Reading;
using EventCluster.Edge.Http;
using EventCluster.Edge.Sessions;
using EventCluster.Protocol;

namespace EventCluster.Edge.Composite;

/// <summary>What the owner says about the start of one of several streams, before anything is answered.</summary>
/// <param name="Name">The stream.</param>
/// <param name="Outcome">What a read from there said; without events, which a connection would hold as long as it lasts.</param>
/// <param name="IsOver">The stream is closed, and nothing follows the start.</param>
/// <param name="Start">The start that is to be opened: the tail is that of now, the others may be resolved again.</param>
/// <param name="Position">What it was resolved to.</param>
internal sealed record CompositeStart(StreamName Name, ReadOutcome Outcome, bool IsOver, ReadStart Start, StreamOffset Position)
{
    /// <summary>Asks for all of them at once.</summary>
    public static Task<CompositeStart[]> OpenAsync(
        SessionServices services,
        IReadOnlyList<StreamName> names,
        IReadOnlyList<ReadStart> starts,
        CancellationToken cancellationToken) =>
        Task.WhenAll(names.Select((name, i) => OpenAsync(services, name, starts[i], cancellationToken)));

    /// <summary>What refuses the whole connection: a stream that does not exist, or a gap under <c>fail</c>.</summary>
    /// <param name="onGap">What happens at a gap.</param>
    /// <param name="lastEventId">The header of a reconnect; empty when absent.</param>
    /// <param name="waits">Streams that do not exist are waited for.</param>
    public RequestFault? Refusal(GapPolicy onGap, string lastEventId, bool waits)
    {
        // "Not now" is no status for an EventSource, which it would close for good; nor is a gap that is signalled.
        var isRefused = (Outcome is ReadOutcome.NotFound && !waits) || Outcome is ReadOutcome.Gone
            || (Outcome is ReadOutcome.Gap && onGap == GapPolicy.Fail);
        if (!isRefused)
        {
            return null;
        }

        if (Outcome is ReadOutcome.Gap gap)
        {
            var fault = ErrorResponses.OfGap(gap.Info, gap.Resume, Start.Kind == StartKind.Foreign ? lastEventId : null);
            return fault with { Detail = $"Stream '{Name}': {fault.Detail}" };
        }

        return ErrorResponses.Of(Outcome, Name);
    }

    private static async Task<CompositeStart> OpenAsync(
        SessionServices services, StreamName name, ReadStart start, CancellationToken cancellationToken)
    {
        var reader = new PositionReader(services.Streams.GetStream(name).Within(new AnswerTime(services.Time)), services.Time);
        var outcome = await reader.OpenAsync(start, maxBytes: 1, maxEvents: 1, TimeSpan.Zero, cancellationToken);
        services.Feeds.OnSeen(name, outcome);

        // "now" means the time of the request; the others may be resolved again, so that they never end in a gap.
        var isOver = false;
        if (outcome is ReadOutcome.Batch batch)
        {
            (isOver, outcome) = (batch.Slices.Count == 0 && batch.AtEnd, batch with { Slices = [] });
        }

        return new CompositeStart(
            name, outcome, isOver, outcome is ReadOutcome.NotFound ? start.OfMissing() : start.Kind == StartKind.Now ? new ReadStart(StartKind.Position, reader.Position) : start,
            reader.Position);
    }
}
