using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Simulation.World;

/// <summary>A reader that follows a stream from its last position, whatever happens.</summary>
internal sealed class Reader(WorldState world, string id)
{
    private StreamSlot? _slot;
    private string _life = "";
    private string _name = "";
    private int _runs;
    private StreamOffset _position;
    private bool _isReading;

    /// <summary>One read, sometimes waiting at the tail.</summary>
    public async Task StepAsync()
    {
        if (_isReading || !TryFindStream())
        {
            return;
        }

        _isReading = true;
        try
        {
            await ReadAsync(_slot!);
        }
        finally
        {
            _isReading = false;
        }
    }

    private bool TryFindStream()
    {
        if (_slot is not null && _slot.Life == _life && world.Random.Next(30) > 0)
        {
            return _slot.IsUsable;
        }

        if (world.Pick(s => s.IsUsable) is not { } slot)
        {
            return false;
        }

        (_slot, _life) = (slot, slot.Life);
        _name = $"{id}.{_runs++}";
        _position = slot.Known[world.Random.Next(2) == 0 ? 0 : world.Random.Next(slot.Known.Count)];
        world.History.Start(_life, _name, _position);
        return true;
    }

    private async Task ReadAsync(StreamSlot slot)
    {
        var wait = world.Random.Next(2) == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(world.Random.Next(1, 30));
        var request = new ReadRequest(_position, world.Random.Next(6_000), world.Random.Next(1, 40), wait, Touch: true);
        var before = slot.View;
        var answer = await world.CallAsync(
            slot, $"read {_name} {_position}", s => s.ReadAsync(request, CancellationToken.None));
        switch (answer)
        {
            case ReadOutcome.Batch batch:
                world.Check(slot, before, batch.Descriptor);
                Take(batch, request);
                break;
            case ReadOutcome.Gap gap when gap.Info.Reason is GapReason.Trimmed or GapReason.Expired && slot.MayDropEvents:
                world.Trace.Count("gaps");
                _position = gap.Info.Earliest;
                world.History.Gap(_life, _name, _position);
                break;
            case null or ReadOutcome.Unavailable:
                break;
            case ReadOutcome.NotFound or ReadOutcome.Gone or ReadOutcome.Gap
                when slot.Life != _life || slot.IsTaken || slot.Phase != SlotPhase.Live:
                break;
            default:
                world.Trace.Violation($"{_life}: {_name} read {_position} and was answered {answer}");
                break;
        }
    }

    private void Take(ReadOutcome.Batch batch, ReadRequest request)
    {
        if (batch.From != _position)
        {
            world.Trace.Violation($"{_life}: {_name} asked for {_position} and got {batch.From}");
        }

        var events = Record(batch, _name, _life, world);
        if (events > request.MaxEvents || (events == 0 && batch.Next.Sequence < batch.Descriptor.Tail.Sequence))
        {
            world.Trace.Violation($"{_life}: {_name} got {events} events of {request.MaxEvents}, to {batch.Next} of {batch.Descriptor.Tail}");
        }

        _position = batch.Next;
    }

    /// <summary>Writes a batch into the history; its next position must be the one after its last event.</summary>
    public static int Record(ReadOutcome.Batch batch, string reader, string life, WorldState world)
    {
        var (events, last) = (0, batch.From);
        foreach (var slice in batch.Slices)
        {
            for (var i = slice.Start; i < slice.End; i++)
            {
                var record = slice.Block[i];
                world.History.Observe(life, reader, record.Offset, Payloads.Record(record.Payload));
                last = record.Offset;
                events++;
            }
        }

        if (batch.Next != last)
        {
            world.Trace.Violation($"{life}: {reader} got events up to {last} and is sent on to {batch.Next}");
        }

        world.Trace.Count("events read", events);
        return events;
    }
}
