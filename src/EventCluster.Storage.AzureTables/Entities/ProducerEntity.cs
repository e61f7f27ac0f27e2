using Azure.Data.Tables;
using EventCluster.Abstractions.Store;
using EventCluster.Storage.AzureTables.Keys;

namespace EventCluster.Storage.AzureTables.Entities;

/// <summary>An idempotent producer, in an entity of its own.</summary>
internal static class ProducerEntity
{
    private const string Id = "Id";
    private const string Epoch = "Epoch";
    private const string Sequence = "Sequence";
    private const string LastUsed = "LastUsed";

    /// <summary>The entity of a producer.</summary>
    public static TableEntity Of(string partition, Stamp birth, ProducerEntry producer) =>
        new(partition, RowKeys.OfProducer(birth, producer.Id))
        {
            [Id] = producer.Id,
            [Epoch] = producer.Epoch,
            [Sequence] = producer.Sequence,
            [LastUsed] = producer.LastUsedMilliseconds,
        };

    /// <summary>The producer of an entity.</summary>
    public static ProducerEntry Read(TableEntity entity) => new(
        entity.GetString(Id), entity.GetInt64(Epoch) ?? 0, entity.GetInt64(Sequence) ?? 0, entity.GetInt64(LastUsed) ?? 0);
}
