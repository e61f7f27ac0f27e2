using EventCluster.Abstractions.Streams;

namespace EventCluster.Simulation.World;

/// <summary>An idempotent producer: pipelines batches, repeats what was not answered, sometimes starts a new epoch.</summary>
internal sealed class Producer(WorldState world, string id)
{
    private readonly List<Batch> _open = [];
    private StreamSlot? _slot;
    private string _life = "";
    private long _epoch;
    private long _next;
    private bool _isSending;

    private string Name => $"{id}.{_epoch}";

    /// <summary>Everything sent is answered for good.</summary>
    public bool IsSettled => !_isSending && (_open.Count == 0 || _slot!.Life != _life || _slot.IsClosed);

    /// <summary>Sends something: the oldest unanswered batch again, or new ones.</summary>
    public async Task StepAsync(bool mayBegin)
    {
        if (_isSending || !TryFindStream(mayBegin))
        {
            return;
        }

        var slot = _slot!;
        slot.Users++;
        _isSending = true;
        try
        {
            if (mayBegin && _open.Count > 0 && world.Random.Next(15) == 0)
            {
                // A producer that restarts without its state: what was open may be there or not.
                _epoch++;
                _next = 0;
                _open.Clear();
            }

            if (_open.Count == 0)
            {
                if (!mayBegin)
                {
                    return;
                }

                var count = world.Random.Next(1, 4);
                for (var i = 0; i < count; i++)
                {
                    _open.Add(NewBatch());
                }

                await Task.WhenAll(_open.ToArray().Select(SendAsync));
            }
            else
            {
                await SendAsync(_open[0]);
            }
        }
        finally
        {
            _isSending = false;
            slot.Users--;
        }
    }

    private bool TryFindStream(bool mayBegin)
    {
        if (_slot is not null && _slot.Life == _life && !_slot.IsClosed && (_open.Count > 0 || world.Random.Next(40) > 0))
        {
            return _slot.IsUsable;
        }

        if (!mayBegin || world.Pick(s => s.IsUsable && !s.CloseSent) is not { } slot)
        {
            return false;
        }

        if (_slot != slot || _life != slot.Life)
        {
            (_slot, _life) = (slot, slot.Life);
            _next = 0;
            _epoch++;
        }

        _open.Clear();
        return true;
    }

    private Batch NewBatch()
    {
        var number = _next++;
        var payloads = new string[world.Random.Next(1, 5)];
        for (var i = 0; i < payloads.Length; i++)
        {
            payloads[i] = Payloads.Make($"{_life}/{Name}:{number}.{i}", world.Random);
        }

        return new Batch(number, payloads);
    }

    private async Task SendAsync(Batch batch)
    {
        var (slot, producer) = (_slot!, Name);
        world.History.Attempt(_life, producer, batch.Number, [.. batch.Payloads.Select(Payloads.Record)]);
        var request = new AppendRequest
        {
            Events = Payloads.Encode(batch.Payloads),
            Producer = new ProducerStamp(id, _epoch, batch.Number),
        };
        var answer = await world.CallAsync(
            slot, $"append {producer}:{batch.Number}", s => s.AppendAsync(request, CancellationToken.None));
        switch (answer)
        {
            case AppendOutcome.Appended appended:
                Settle(batch, producer, appended.Next);
                slot.Know(appended.Next);
                slot.Tail = appended.Next > slot.Tail ? appended.Next : slot.Tail;
                break;
            case AppendOutcome.Duplicate:
                world.Trace.Count("duplicates");
                Settle(batch, producer, next: null);
                break;
            case AppendOutcome.RefusedClosed when slot.CloseSent:
                slot.IsClosed = true;
                break;
            case null or AppendOutcome.Unavailable:
                break;

            // The batch before this one is still open, so this one had to wait for its turn.
            case AppendOutcome.SequenceGap gap when gap.Expected >= _open[0].Number && gap.Expected < batch.Number:
                break;
            case AppendOutcome.EpochMustStartAtZero when _open[0].Number == 0 && batch.Number > 0:
                break;
            default:
                world.Trace.Violation($"{_life}: {producer}:{batch.Number} was answered {answer}");
                break;
        }
    }

    private void Settle(Batch batch, string producer, Protocol.StreamOffset? next)
    {
        world.History.Acknowledge(_life, producer, batch.Number, next);
        world.Trace.Count("batches acked");
        _open.Remove(batch);
    }

    private sealed record Batch(long Number, string[] Payloads);
}
