using EventCluster.Abstractions.Streams;
using EventCluster.TestKit;
using EventCluster.TestKit.History;

namespace EventCluster.Simulation.World;

/// <summary>What all actors of a run share.</summary>
internal sealed class WorldState(Node node, VirtualTimeProvider clock, Trace trace, Random random)
{
    public Node Node => node;

    public VirtualTimeProvider Clock => clock;

    public Trace Trace => trace;

    public Random Random => random;

    public HistoryRecorder History { get; } = new();

    public IReadOnlyList<StreamSlot> Slots { get; } =
        [.. Enumerable.Range(0, 9).Select(i => new StreamSlot($"s/{i}")), .. Enumerable.Range(0, 7).Select(i => new StreamSlot($"f/{i}"))];

    /// <summary>Requests under way.</summary>
    public int Requests { get; private set; }

    /// <summary>A request to one stream.</summary>
    public async Task<T?> CallAsync<T>(StreamSlot slot, string what, Func<IStreamHandle, ValueTask<T>> request)
        where T : class
    {
        Requests++;
        trace.Add($"{clock.Elapsed.TotalMilliseconds} {slot.Life} {what}");
        try
        {
            var answer = await node.CallAsync(directory => request(directory.GetStream(slot.Name)));
            trace.Add($"{clock.Elapsed.TotalMilliseconds} {slot.Life} {what} -> {Describe(answer)}");
            return answer;
        }
        finally
        {
            Requests--;
        }
    }

    /// <summary>A slot that satisfies a condition, or null.</summary>
    public StreamSlot? Pick(Func<StreamSlot, bool> condition)
    {
        var fitting = Slots.Where(condition).ToArray();
        return fitting.Length == 0 ? null : fitting[random.Next(fitting.Length)];
    }

    /// <summary>Checks a descriptor against what was known when its request began, and learns from it.</summary>
    public void Check(StreamSlot slot, SlotView before, StreamDescriptor seen)
    {
        if (before.Life != slot.Life || slot.Phase != SlotPhase.Live)
        {
            return;
        }

        if (seen.Tail < before.Tail || seen.Earliest < before.Earliest || seen.Earliest > seen.Tail)
        {
            trace.Violation($"{before}, now {seen.Earliest} to {seen.Tail}");
        }

        if (before.IsClosed && !seen.Closed)
        {
            trace.Violation($"{before}, now it is open");
        }

        slot.Tail = seen.Tail > slot.Tail ? seen.Tail : slot.Tail;
        slot.Earliest = seen.Earliest > slot.Earliest ? seen.Earliest : slot.Earliest;
        slot.IsClosed |= seen.Closed;
    }

    private static string Describe(object? answer) => answer switch
    {
        null => "no answer",
        ReadOutcome.Batch batch => $"{batch.From}..{batch.Next} of {batch.Descriptor.Tail}",
        ReadOutcome.Gap gap => $"gap {gap.Info.Requested} {gap.Info.Earliest} {gap.Info.Tail} {gap.Info.Reason}",
        AppendOutcome.Appended appended => $"appended {appended.First}..{appended.Next} {appended.Closed}",
        AppendOutcome.Unavailable unavailable => $"unavailable {unavailable.Reason}",
        ReadOutcome.Unavailable unavailable => $"unavailable {unavailable.Reason}",
        _ => answer.GetType().Name,
    };
}
