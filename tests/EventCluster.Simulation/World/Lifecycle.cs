using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Simulation.World;

/// <summary>Creates, forks and deletes streams; every life of a stream ends with a final read.</summary>
internal sealed class Lifecycle(WorldState world)
{
    private int _finals;

    /// <summary>Brings an absent or half-created stream to life.</summary>
    public async Task CreateAsync(StreamSlot slot, StreamSlot? source)
    {
        slot.IsTaken = true;
        try
        {
            if (slot.Phase == SlotPhase.Absent)
            {
                Ask(slot, source);
            }

            var sourceIsTheSame = slot.Source is null || (slot.Source.Life == slot.SourceLife && slot.Source.IsUsable);
            if (sourceIsTheSame)
            {
                await SendCreateAsync(slot);
            }
            else
            {
                await FindOutAsync(slot);
            }
        }
        finally
        {
            slot.IsTaken = false;
        }
    }

    /// <summary>Reads a stream to its end, then deletes it.</summary>
    public async Task DeleteAsync(StreamSlot slot)
    {
        slot.IsTaken = true;
        try
        {
            if (slot.Phase == SlotPhase.Live && !await ReadToTheEndAsync(slot))
            {
                return;
            }

            slot.Phase = SlotPhase.Deleting;
            var answer = await world.CallAsync(slot, "delete", s => s.DeleteAsync(CancellationToken.None));
            switch (answer)
            {
                case DeleteOutcome.Deleted or DeleteOutcome.NotFound or DeleteOutcome.Gone:
                    world.Trace.Count("deletes");
                    slot.End();
                    break;
                case null or DeleteOutcome.Unavailable:
                    break;
                default:
                    world.Trace.Violation($"{slot.Life}: delete was answered {answer}");
                    break;
            }
        }
        finally
        {
            slot.IsTaken = false;
        }
    }

    /// <summary>Reads from the earliest position to the tail while nothing else is under way; true when it came to the end.</summary>
    public async Task<bool> ReadToTheEndAsync(StreamSlot slot)
    {
        var reader = $"final.{_finals++}";
        var before = slot.View;
        var described = await world.CallAsync(slot, "describe", s => s.DescribeAsync(CancellationToken.None));
        if (described is not DescribeOutcome.Found { Descriptor: var found })
        {
            Missing(slot, described, described is DescribeOutcome.Unavailable);
            return false;
        }

        world.Check(slot, before, found);
        AllowRetention(slot, found);
        world.History.Start(slot.Life, reader, found.Earliest);
        var position = found.Earliest;
        while (position.Sequence < found.Tail.Sequence)
        {
            var request = new ReadRequest(position, 10_000, 100, TimeSpan.Zero, Touch: false);
            var answer = await world.CallAsync(slot, $"read {reader}", s => s.ReadAsync(request, CancellationToken.None));
            if (answer is not ReadOutcome.Batch batch)
            {
                // What retention owed is committed soon after a stream is opened, and may move the head under this reader.
                var mayGoOn = answer is ReadOutcome.Unavailable
                    || (slot.RetainEvents is not null && answer is ReadOutcome.Gap { Info.Reason: GapReason.Expired });
                Missing(slot, answer, mayGoOn);
                return false;
            }

            if (Reader.Record(batch, reader, slot.Life, world) == 0)
            {
                world.Trace.Violation($"{slot.Life}: no event at {position} before the tail {found.Tail}");
                return false;
            }

            position = batch.Next;
        }

        world.History.Final(slot.Life, reader);
        return true;
    }

    private void Missing(StreamSlot slot, object? answer, bool mayGoOn)
    {
        if (answer is not null && !mayGoOn)
        {
            world.Trace.Violation($"{slot.Life}: the final read was answered {answer}");
        }
    }

    private void AllowRetention(StreamSlot slot, StreamDescriptor found)
    {
        if (slot.RetainEvents is { } kept && found.Tail.Sequence > kept)
        {
            world.History.Trim(slot.Life, found.Tail with { Sequence = found.Tail.Sequence - kept });
        }
    }

    private void Ask(StreamSlot slot, StreamSlot? source)
    {
        var random = world.Random;
        slot.Source = source;
        slot.SourceLife = source?.Life;
        slot.FirstEvents = source is not null || random.Next(2) == 0
            ? []
            : [.. Enumerable.Range(0, random.Next(1, 4)).Select(i => Payloads.Make($"{slot.Life}/first:0.{i}", random))];
        slot.Creation = new CreateRequest
        {
            ContentType = StreamContentType.Parse((slot.Name.Value[^1] - '0') % 2 == 0 ? "application/json" : "text/plain"),
            Events = Payloads.Encode(slot.FirstEvents),
            Retention = random.Next(4) == 0 ? new RetentionLimits(Events: random.Next(5, 60)) : RetentionLimits.None,
        };
        if (source is null)
        {
            return;
        }

        var point = source.Known[random.Next(source.Known.Count)];
        slot.Creation = slot.Creation with
        {
            ContentType = null,
            Fork = random.Next(4) switch
            {
                0 => new ForkSpec(source.Name, Offset: null, FromStart: false, SubOffset: 0),
                1 => new ForkSpec(source.Name, Offset: null, FromStart: true, SubOffset: 0),
                2 => new ForkSpec(source.Name, point, FromStart: false, SubOffset: 0),
                _ => new ForkSpec(source.Name, point, FromStart: false, SubOffset: random.Next(1, 4)),
            },
        };
    }

    private async Task SendCreateAsync(StreamSlot slot)
    {
        var source = slot.Source;
        var isFirst = slot.Phase == SlotPhase.Absent;
        if (source is not null)
        {
            source.Users++;
        }

        try
        {
            slot.Phase = SlotPhase.Creating;
            var answer = await world.CallAsync(slot, $"create {slot.SourceLife} {slot.Creation.Fork}", s => s.CreateAsync(slot.Creation, CancellationToken.None));
            switch (answer)
            {
                case CreateOutcome.Created created:
                    await BeginAsync(slot, created.Descriptor);
                    break;
                case CreateOutcome.Exists exists when !isFirst:
                    await BeginAsync(slot, exists.Descriptor);
                    break;
                case CreateOutcome.Held or CreateOutcome.StreamLimit:
                    slot.Phase = SlotPhase.Absent;
                    break;
                case CreateOutcome.InvalidFork or CreateOutcome.ForkGap or CreateOutcome.ForkTooDeep or CreateOutcome.ForkLimit when source is not null:
                    world.Trace.Count("refused forks");
                    slot.Phase = SlotPhase.Absent;
                    break;
                case null or CreateOutcome.Unavailable:
                    break;
                default:
                    world.Trace.Violation($"{slot.Life}: create was answered {answer}");
                    slot.Phase = SlotPhase.Absent;
                    break;
            }
        }
        finally
        {
            if (source is not null)
            {
                source.Users--;
            }
        }
    }

    /// <summary>The source is not what it was, so the creation cannot be sent again: see what became of it.</summary>
    private async Task FindOutAsync(StreamSlot slot)
    {
        switch (await world.CallAsync(slot, "describe", s => s.DescribeAsync(CancellationToken.None)))
        {
            case DescribeOutcome.Found found:
                await BeginAsync(slot, found.Descriptor);
                break;
            case DescribeOutcome.NotFound or DescribeOutcome.Gone:
                slot.Phase = SlotPhase.Absent;
                break;
        }
    }

    private async Task BeginAsync(StreamSlot slot, StreamDescriptor found)
    {
        if (slot.Source is not null)
        {
            await BeginForkAsync(slot, found);
        }
        else if (slot.FirstEvents.Length > 0)
        {
            world.History.Attempt(slot.Life, "first", 0, [.. slot.FirstEvents.Select(Payloads.Record)]);
            world.History.Acknowledge(slot.Life, "first", 0, found.Tail);
        }

        world.Trace.Count(slot.Source is null ? "creates" : "forks");
        slot.Begin(found);
    }

    /// <summary>Notes what the fork inherits; a partial event made by a sub-offset counts as sent by the fork itself.</summary>
    private async Task BeginForkAsync(StreamSlot slot, StreamDescriptor found)
    {
        var starts = found.Incarnations;
        var point = starts.Latest.FirstSequence;
        world.History.Fork(slot.Life, slot.SourceLife!, found.Tail with { Sequence = point });
        if (point == found.Tail.Sequence)
        {
            return;
        }

        var from = new StreamOffset(starts.Latest.Incarnation, point);
        var request = new ReadRequest(from, 10_000, 10, TimeSpan.Zero, Touch: false);
        while (true)
        {
            var answer = await world.CallAsync(slot, "read partial", s => s.ReadAsync(request, CancellationToken.None));
            if (answer is ReadOutcome.Batch { Slices: [var slice, ..] })
            {
                var text = Payloads.Record(slice.Block.GetPayload(slice.Start));
                world.History.Attempt(slot.Life, "partial", 0, [text]);
                world.History.Acknowledge(slot.Life, "partial", 0, found.Tail);
                return;
            }

            if (answer is not (null or ReadOutcome.Unavailable))
            {
                world.Trace.Violation($"{slot.Life}: the partial event at {from} was answered {answer}");
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), world.Clock);
        }
    }
}
