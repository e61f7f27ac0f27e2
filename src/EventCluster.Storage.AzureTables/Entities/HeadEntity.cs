using System.Buffers.Binary;
using System.Globalization;
using Azure.Data.Tables;
using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Protocol;
using EventCluster.Storage.AzureTables.Keys;

namespace EventCluster.Storage.AzureTables.Entities;

/// <summary>The head's properties.</summary>
internal static class HeadEntity
{
    public const string Fence = "Fence";
    public const string Step = "Step";
    public const string Claim = "Claim";
    public const string Version = "Version";

    private const string Name = "Name";
    private const string CommitId = "CommitId";
    private const string Tail = "Tail";
    private const string Earliest = "Earliest";
    private const string RetainedBytes = "RetainedBytes";
    private const string LastEvent = "LastEvent";
    private const string DueAt = "DueAt";
    private const string BirthFence = "BirthFence";
    private const string BirthStep = "BirthStep";
    private const string DueFence = "DueFence";
    private const string DueStep = "DueStep";
    private const string Histories = "Histories";
    private const string HistoryBytes = "HistoryBytes";
    private const string Purged = "Purged";
    private const string PurgedBytes = "PurgedBytes";
    private const string State = "State";
    private const string SpilledFence = "SpilledFence";
    private const string SpilledStep = "SpilledStep";
    private const string SpilledBytes = "SpilledBytes";
    private const int HistoryEntryBytes = 2 * sizeof(long);

    /// <summary>What judging an entry of an index needs.</summary>
    public static readonly string[] StampsOnly =
        ["PartitionKey", Fence, Step, Claim, Version, DueAt, BirthFence, BirthStep, DueFence, DueStep];

    /// <summary>What telling the fence needs.</summary>
    public static readonly string[] FenceOnly = ["PartitionKey", Fence, Version];

    /// <summary>An empty entity with the head's keys.</summary>
    public static TableEntity Of(StreamName name) => new(NameKey.Encode(name.Value), RowKeys.Head);

    /// <summary>A name without a stream.</summary>
    public static TableEntity OfFence(StreamName name, long fence) =>
        new(NameKey.Encode(name.Value), RowKeys.Head) { [Name] = name.Value, [Fence] = fence };

    /// <summary>The head of a removed stream, replacing everything: what tells whether the removal landed, and the fence.</summary>
    public static TableEntity OfRemoved(StreamRecord record) => new(NameKey.Encode(record.Name.Value), RowKeys.Head)
    {
        [Name] = record.Name.Value,
        [Fence] = record.Fence,
        [Step] = record.Step,
        [Claim] = record.Claim,
        [CommitId] = record.CommitId.ToString("x32", CultureInfo.InvariantCulture),
    };

    /// <summary>What a commit changes, to be merged. Lists and state only when they were given.</summary>
    public static TableEntity OfCommit(StreamRecord record, bool withHistories, bool withPurges)
    {
        var entity = new TableEntity(NameKey.Encode(record.Name.Value), RowKeys.Head)
        {
            [Step] = record.Step,
            [Version] = record.Version,
            [CommitId] = record.CommitId.ToString("x32", CultureInfo.InvariantCulture),
            [Tail] = record.Head.Tail,
            [Earliest] = record.Head.Earliest,
            [RetainedBytes] = record.Head.RetainedBytes,
            [LastEvent] = record.Head.LastEventMilliseconds,
            [DueAt] = record.Head.DueAtMilliseconds,
            [BirthFence] = record.Birth.Fence,
            [BirthStep] = record.Birth.Step,
            [DueFence] = record.Due.Fence,
            [DueStep] = record.Due.Step,
        };
        if (withHistories)
        {
            AddList(entity, Histories, HistoryBytes, Encode(record.Incarnations!));
        }

        if (withPurges)
        {
            AddList(entity, Purged, PurgedBytes, record.Purged.Encode());
        }

        return entity;
    }

    /// <summary>Adds a state that is kept in the head.</summary>
    public static void AddState(TableEntity entity, ReadOnlyMemory<byte> state)
    {
        entity[State] = BinaryData.FromBytes(state);
        (entity[SpilledFence], entity[SpilledStep], entity[SpilledBytes]) = (0L, 0L, 0);
    }

    /// <summary>Adds where a state is that is not kept in the head.</summary>
    public static void AddSpilledState(TableEntity entity, Stamp stamp, int bytes)
    {
        entity[State] = BinaryData.FromBytes(Array.Empty<byte>());
        (entity[SpilledFence], entity[SpilledStep], entity[SpilledBytes]) = (stamp.Fence, stamp.Step, bytes);
    }

    /// <summary>Reads an entity; what a projection left out keeps its default.</summary>
    public static StreamRecord Read(TableEntity entity)
    {
        var histories = new byte[entity.GetInt32(HistoryBytes) ?? 0];
        var purged = new byte[entity.GetInt32(PurgedBytes) ?? 0];
        var name = StreamName.Parse(NameKey.Decode(entity.PartitionKey));
        if (!Chunks.TryRead(entity, Histories, histories) || !Chunks.TryRead(entity, Purged, purged))
        {
            throw new LogDamagedException($"Azure Tables: the head of stream '{name}' lacks a part of its lists.");
        }

        return new StreamRecord
        {
            Name = name,
            ETag = entity.ETag,
            ChangedAt = entity.Timestamp ?? default,
            Fence = Number(entity, Fence),
            Step = Number(entity, Step),
            Claim = Number(entity, Claim),
            Version = Number(entity, Version),
            CommitId = entity.GetString(CommitId) is { } id ? UInt128.Parse(id, NumberStyles.HexNumber, CultureInfo.InvariantCulture) : 0,
            Head = new StreamHead(
                Number(entity, Tail), Number(entity, Earliest), Number(entity, RetainedBytes), Number(entity, LastEvent),
                Number(entity, DueAt)),
            Incarnations = histories.Length == 0 ? null : Decode(histories),
            Purged = PurgedRanges.Decode(purged),
            Birth = new Stamp(Number(entity, BirthFence), Number(entity, BirthStep)),
            Due = new Stamp(Number(entity, DueFence), Number(entity, DueStep)),
            State = entity.GetBinary(State) ?? [],
            SpilledBy = new Stamp(Number(entity, SpilledFence), Number(entity, SpilledStep)),
            SpilledBytes = entity.GetInt32(SpilledBytes) ?? 0,
        };
    }

    private static long Number(TableEntity entity, string property) => entity.GetInt64(property) ?? 0;

    private static void AddList(TableEntity entity, string prefix, string length, byte[] bytes)
    {
        if (Chunks.CountOf(bytes.Length) > TableLimits.MaxListChunks)
        {
            throw new ArgumentException($"A stream can have {TableLimits.MaxListChunks * TableLimits.MaxPropertyBytes} bytes of {prefix}.", nameof(bytes));
        }

        entity[length] = bytes.Length;
        Chunks.Write(entity, prefix, bytes);
    }

    private static byte[] Encode(IncarnationList list)
    {
        var bytes = new byte[list.Count * HistoryEntryBytes];
        for (var i = 0; i < list.Count; i++)
        {
            var entry = bytes.AsSpan(i * HistoryEntryBytes);
            BinaryPrimitives.WriteInt64LittleEndian(entry, list[i].Incarnation);
            BinaryPrimitives.WriteInt64LittleEndian(entry[sizeof(long)..], list[i].FirstSequence);
        }

        return bytes;
    }

    private static IncarnationList Decode(ReadOnlySpan<byte> bytes)
    {
        var starts = new IncarnationStart[bytes.Length / HistoryEntryBytes];
        for (var i = 0; i < starts.Length; i++)
        {
            var entry = bytes[(i * HistoryEntryBytes)..];
            starts[i] = new IncarnationStart(
                BinaryPrimitives.ReadInt64LittleEndian(entry), BinaryPrimitives.ReadInt64LittleEndian(entry[sizeof(long)..]));
        }

        return new IncarnationList(starts);
    }
}
