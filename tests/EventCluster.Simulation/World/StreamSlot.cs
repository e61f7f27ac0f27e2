using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Simulation.World;

/// <summary>What the clients of one stream name know about it.</summary>
internal sealed class StreamSlot(string name)
{
    public StreamName Name { get; } = StreamName.Parse(name);

    /// <summary>It is always created as a fork.</summary>
    public bool IsFork => Name.Value.StartsWith('f');

    public SlotPhase Phase { get; set; }

    /// <summary>Grows with every confirmed delete.</summary>
    public int Generation { get; private set; }

    /// <summary>One life of the stream, as histories name it.</summary>
    public string Life => $"{Name}#{Generation}";

    /// <summary>Requests under way that need the stream to stay.</summary>
    public int Users { get; set; }

    /// <summary>Somebody creates or deletes it now.</summary>
    public bool IsTaken { get; set; }

    /// <summary>What the creation under way, or the last one, asked for.</summary>
    public CreateRequest Creation { get; set; } = new();

    /// <summary>The first events, sent with the creation.</summary>
    public string[] FirstEvents { get; set; } = [];

    /// <summary>The source of a fork, and the life it had.</summary>
    public StreamSlot? Source { get; set; }

    public string? SourceLife { get; set; }

    /// <summary>Positions that clients were given, ascending.</summary>
    public List<StreamOffset> Known { get; } = [];

    /// <summary>Largest tail that was acknowledged or read.</summary>
    public StreamOffset Tail { get; set; }

    /// <summary>Largest earliest position that was read.</summary>
    public StreamOffset Earliest { get; set; }

    public bool CloseSent { get; set; }

    public bool IsClosed { get; set; }

    /// <summary>A trim was sent, or retention is on: gaps are to be expected.</summary>
    public bool MayDropEvents { get; set; }

    public long? RetainEvents { get; set; }

    public long NextPlain { get; set; }

    public bool IsUsable => Phase == SlotPhase.Live && !IsTaken;

    /// <summary>What is certain now.</summary>
    public SlotView View => new(Life, Earliest, Tail, IsClosed);

    /// <summary>The stream exists from now on.</summary>
    public void Begin(StreamDescriptor found)
    {
        Phase = SlotPhase.Live;
        Known.Clear();
        Know(found.Earliest);
        Know(found.Tail);
        Tail = found.Tail;
        Earliest = found.Earliest;
        RetainEvents = found.Retention.Events;
        MayDropEvents = RetainEvents is not null;
        CloseSent = IsClosed = found.Closed;
        NextPlain = 0;
    }

    /// <summary>The stream is gone.</summary>
    public void End()
    {
        Phase = SlotPhase.Absent;
        Generation++;
        Source = null;
    }

    public void Know(StreamOffset position)
    {
        if (Known.Count == 0 || position > Known[^1])
        {
            Known.Add(position);
        }
    }
}
