using Azure;
using Azure.Data.Tables;
using EventCluster.Abstractions.Store;
using EventCluster.Protocol;
using EventCluster.Storage.AzureTables.Entities;
using EventCluster.Storage.AzureTables.Keys;

namespace EventCluster.Storage.AzureTables;

/// <content>Heads, with what does not fit them, and the ways to open.</content>
public sealed partial class AzureTablesLogStore
{
    private async Task<StreamRecord?> FindRecordAsync(
        StreamName name, CancellationToken cancellationToken, IEnumerable<string>? select = null)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var entity = await _tables.Streams.FindAsync(NameKey.Encode(name.Value), RowKeys.Head, select, cancellationToken);
        return entity is null ? null : HeadEntity.Read(entity);
    }

    /// <summary>The head entity, and the head with its state when there is a stream.</summary>
    private async Task<(StreamRecord? Record, StoredHead? Head)> FindHeadAsync(StreamName name, CancellationToken cancellationToken)
    {
        while (true)
        {
            var record = await FindRecordAsync(name, cancellationToken);
            if (record is not { Exists: true })
            {
                return (record, null);
            }

            if (await WithStateAsync(record, cancellationToken) is { } head)
            {
                return (record, head);
            }
        }
    }

    /// <summary>Null when the state was replaced since the head was read.</summary>
    private async Task<StoredHead?> WithStateAsync(StreamRecord record, CancellationToken cancellationToken)
    {
        var state = record.State;
        if (record.SpilledBy.Step > 0)
        {
            var bytes = new byte[record.SpilledBytes];
            var partition = NameKey.Encode(record.Name.Value);
            for (var part = 0; part < BlockEntities.PartsOf(bytes.Length); part++)
            {
                var row = RowKeys.OfState(record.SpilledBy, part);
                var entity = await _tables.Streams.FindAsync(partition, row, select: null, cancellationToken);
                if (entity is null)
                {
                    return null;
                }

                if (!BlockEntities.TryJoin(entity, part, bytes))
                {
                    throw new LogDamagedException($"Azure Tables: the state of stream '{record.Name}' has another length than its head says.");
                }
            }

            state = bytes;
        }

        return new StoredHead(
            record.Name, record.Fence, record.Version, record.CommitId, record.Head, record.Incarnations!, state);
    }

    /// <summary>
    /// One try to raise the fence of a name that the store knows. The head's ETag makes it one step with what was read: a
    /// commit in between makes it fail.
    /// </summary>
    private async Task<OpenedStream?> TryOpenAsync(StreamRecord record, CancellationToken cancellationToken)
    {
        var fence = record.Fence + 1;
        var raise = HeadEntity.Of(record.Name);
        raise[HeadEntity.Fence] = fence;
        if (await _tables.Streams.TryUpdateAsync(raise, record.ETag, TableUpdateMode.Merge, cancellationToken) is not { } etag)
        {
            return null;
        }

        // From here on no older owner can commit, so what is read now belongs to this head.
        record = record with { Fence = fence, ETag = etag };
        if (!record.Exists)
        {
            _records.Keep(record);
            return new OpenedStream(fence, Head: null, []);
        }

        var reading = ListProducersAsync(record, cancellationToken);
        var head = await WithStateAsync(record, cancellationToken);
        var producers = await reading;
        if (head is null)
        {
            return null;
        }

        _records.Keep(record);
        return new OpenedStream(fence, head, producers);
    }

    /// <summary>Gives a fence to a name that the store does not know; null when another opener came first.</summary>
    private async Task<OpenedStream?> TryOpenUnknownAsync(StreamName name, CancellationToken cancellationToken)
    {
        // The note comes first: a fence without one would never be forgotten.
        var noting = _sweep.AddAsync(name, Now + (long)_options.FenceMemory.TotalMilliseconds, default, cancellationToken);
        var fence = await _floor.ReadAsync(cancellationToken) + 1;
        await noting;
        if (await _tables.Streams.TryAddAsync(HeadEntity.OfFence(name, fence), cancellationToken) is not { } etag)
        {
            return null;
        }

        _records.Keep(new StreamRecord { Name = name, ETag = etag, Fence = fence });
        return new OpenedStream(fence, Head: null, []);
    }

    /// <summary>
    /// Stops an owner that commits faster than another one can open: changes the head whatever its ETag is now. The owner's
    /// next commit fails, sees the claim and is a conflict.
    /// </summary>
    private async Task ClaimAsync(StreamName name, CancellationToken cancellationToken)
    {
        var claim = HeadEntity.Of(name);
        claim[HeadEntity.Claim] = await _incarnations.DrawAsync(cancellationToken);
        await _tables.Streams.TryUpdateAsync(claim, ETag.All, TableUpdateMode.Merge, cancellationToken);
        _instruments.Claimed();
    }

    private async Task<List<ProducerEntry>> ListProducersAsync(StreamRecord record, CancellationToken cancellationToken)
    {
        var first = $"{RowKeys.Producer}{record.Birth}";
        var rows = await _tables.Streams.QueryAsync(
            $"PartitionKey eq '{NameKey.Encode(record.Name.Value)}' and RowKey ge '{first}' and RowKey lt '{first}{NameKey.Above}'",
            int.MaxValue,
            select: null,
            cancellationToken);
        return rows.ConvertAll(ProducerEntity.Read);
    }
}
