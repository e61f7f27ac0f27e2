using EventCluster.Abstractions.Streams;
using EventCluster.Core;
using EventCluster.Core.Owners;
using EventCluster.Protocol;

namespace EventCluster.Storage.PostgreSql.Tests.Forks;

/// <summary>Streams whose names begin with "fork" belong to one node, all others to the other.</summary>
public sealed class RoutedOwners : IStreamOwners
{
    public LocalStreamDirectory Others { get; set; } = null!;

    public LocalStreamDirectory Forks { get; set; } = null!;

    public bool SweepsHere => true;

    public ValueTask<ForkHoldAnswer> HoldAsync(StreamName source, ForkHoldRequest request) =>
        At(source).HoldAsync(source, request);

    public ValueTask<bool> SettleHoldAsync(StreamName source, StreamName fork, long incarnation, bool confirm) =>
        At(source).SettleHoldAsync(source, fork, incarnation, confirm);

    public ValueTask<bool?> IsHoldingAsync(StreamName fork, long incarnation) => At(fork).IsHoldingAsync(fork, incarnation);

    public ValueTask<ReadOutcome> ReadAsync(StreamName source, ReadRequest request) => At(source).ReadAsync(source, request);

    public ValueTask VisitAsync(StreamName name) => At(name).VisitAsync(name);

    private IStreamOwners At(StreamName name) =>
        (name.Value.StartsWith("fork", StringComparison.Ordinal) ? Forks : Others).LocalOwners;
}
