using EventCluster.Abstractions.Streams;

namespace EventCluster.Simulation.World;

/// <summary>Appends without identity, closes, trims, changes retention, and looks.</summary>
internal sealed class Meddler(WorldState world)
{
    /// <summary>One append that is never repeated, sometimes only at the expected tail.</summary>
    public async Task AppendAsync(StreamSlot slot)
    {
        slot.Users++;
        var (life, number) = (slot.Life, slot.NextPlain++);
        string[] payloads = [.. Enumerable.Range(0, world.Random.Next(1, 4)).Select(i => Payloads.Make($"{life}/plain:{number}.{i}", world.Random))];
        var request = new AppendRequest
        {
            Events = Payloads.Encode(payloads),
            ExpectedOffset = world.Random.Next(3) == 0 ? slot.Tail : null,
            StreamSeq = world.Random.Next(3) == 0 ? $"{number:000000}" : null,
        };
        world.History.Attempt(life, "plain", number, [.. payloads.Select(Payloads.Record)]);
        try
        {
            var answer = await world.CallAsync(slot, $"plain {number}", s => s.AppendAsync(request, CancellationToken.None));
            switch (answer)
            {
                case AppendOutcome.Appended appended:
                    if (request.ExpectedOffset is { } expected && expected.Sequence != appended.First.Sequence)
                    {
                        world.Trace.Violation($"{life}: expected at {expected}, appended at {appended.First}");
                    }

                    world.History.Acknowledge(life, "plain", number, appended.Next);
                    world.Trace.Count("plain appends acked");
                    slot.Know(appended.Next);
                    slot.Tail = appended.Next > slot.Tail ? appended.Next : slot.Tail;
                    break;
                case AppendOutcome.RefusedClosed when slot.CloseSent:
                    world.History.Refuse(life, "plain", number);
                    break;
                case AppendOutcome.TailMismatch when request.ExpectedOffset is not null:
                case AppendOutcome.StreamSeqConflict when request.StreamSeq is not null:
                case AppendOutcome.Unavailable { Reason: not UnavailableReason.OutcomeUnknown }:
                    world.History.Refuse(life, "plain", number);
                    break;
                case null or AppendOutcome.Unavailable:
                    break;
                default:
                    world.Trace.Violation($"{life}: plain {number} was answered {answer}");
                    break;
            }
        }
        finally
        {
            slot.Users--;
        }
    }

    /// <summary>Closes without events.</summary>
    public async Task CloseAsync(StreamSlot slot)
    {
        slot.Users++;
        slot.CloseSent = true;
        try
        {
            var answer = await world.CallAsync(
                slot, "close", s => s.AppendAsync(new AppendRequest { Close = true }, CancellationToken.None));
            if (answer is AppendOutcome.Appended { Closed: true } or AppendOutcome.AlreadyClosed)
            {
                slot.IsClosed = true;
                world.Trace.Count("closes");
            }
            else if (answer is not (null or AppendOutcome.Unavailable))
            {
                world.Trace.Violation($"{slot.Life}: close was answered {answer}");
            }
        }
        finally
        {
            slot.Users--;
        }
    }

    /// <summary>Trims to a position that a client was given.</summary>
    public async Task TrimAsync(StreamSlot slot)
    {
        slot.Users++;
        var position = slot.Known[world.Random.Next(slot.Known.Count)];
        slot.MayDropEvents = true;
        world.History.Trim(slot.Life, position);
        try
        {
            var answer = await world.CallAsync(slot, $"trim {position}", s => s.TrimAsync(position, CancellationToken.None));
            if (answer is TrimOutcome.Trimmed { Descriptor.Earliest: var earliest })
            {
                world.Trace.Count("trims");
                if (earliest.Sequence < position.Sequence)
                {
                    world.Trace.Violation($"{slot.Life}: trimmed to {position}, but it starts at {earliest}");
                }
            }
            else if (answer is not (null or TrimOutcome.Unavailable))
            {
                world.Trace.Violation($"{slot.Life}: trim to {position} was answered {answer}");
            }
        }
        finally
        {
            slot.Users--;
        }
    }

    /// <summary>Lowers or raises how many events are kept.</summary>
    public async Task RetainAsync(StreamSlot slot)
    {
        slot.Users++;
        var events = world.Random.Next(3, 80);
        slot.MayDropEvents = true;
        slot.RetainEvents = Math.Min(events, slot.RetainEvents ?? events);
        try
        {
            var answer = await world.CallAsync(
                slot, $"retain {events}", s => s.ConfigureAsync(new RetentionLimits(Events: events), CancellationToken.None));
            if (answer is not (null or ConfigureOutcome.Unavailable or ConfigureOutcome.Configured))
            {
                world.Trace.Violation($"{slot.Life}: retention was answered {answer}");
            }
        }
        finally
        {
            slot.Users--;
        }
    }

    /// <summary>Describes a live stream.</summary>
    public async Task DescribeAsync(StreamSlot slot)
    {
        slot.Users++;
        var before = slot.View;
        try
        {
            var answer = await world.CallAsync(slot, "describe", s => s.DescribeAsync(CancellationToken.None));
            if (answer is DescribeOutcome.Found found)
            {
                world.Check(slot, before, found.Descriptor);
            }
            else if (answer is not (null or DescribeOutcome.Unavailable))
            {
                world.Trace.Violation($"{slot.Life}: describe was answered {answer}");
            }
        }
        finally
        {
            slot.Users--;
        }
    }

    /// <summary>Lists everything: what lives is there, in order.</summary>
    public async Task ListAsync()
    {
        var expected = world.Slots.Where(s => s.IsUsable).Select(s => (s, s.Life)).ToArray();
        var page = await world.Node.CallAsync(d => d.ListAsync("", after: null, limit: 1_000, CancellationToken.None));
        if (page is null)
        {
            return;
        }

        var names = page.Streams.Select(s => s.Name).ToArray();
        world.Trace.Add($"list {names.Length}");
        if (!names.SequenceEqual(names.Order()))
        {
            world.Trace.Violation("A listing is not in order.");
        }

        foreach (var (slot, life) in expected)
        {
            if (slot.Life == life && slot.IsUsable && !names.Contains(slot.Name))
            {
                world.Trace.Violation($"{life} is missing from a listing");
            }
        }
    }
}
