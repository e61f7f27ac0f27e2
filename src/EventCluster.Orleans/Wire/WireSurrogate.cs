using EventCluster.Abstractions.Streams;
using EventCluster.Core.Owners;
using EventCluster.Protocol;

namespace EventCluster.Orleans.Wire;

/// <summary>
/// The form of a <see cref="Wire{T}"/> between silos: one of the fields is set, by the type that is carried. Versions N and
/// N−1 run side by side during a rolling upgrade, so an <c>Id</c> is never used again for something else, and a field that is
/// added to any message may be absent.
/// </summary>
[GenerateSerializer]
[Immutable]
[OmitDefaultMemberValues]
[Alias("ec.surrogate")]
internal record struct WireSurrogate
{
    // 0 and 1 were the fields and buffers of an earlier format.

    /// <summary>A report of damage instead of a value.</summary>
    [Id(2)]
    public string? Damage;

    /// <summary>Appends.</summary>
    [Id(3)]
    public AppendRequest[]? Appends;

    /// <summary>Outcomes of appends.</summary>
    [Id(4)]
    public AppendOutcomeMessage[]? AppendOutcomes;

    /// <summary>A read.</summary>
    [Id(5)]
    public ReadRequest? Read;

    /// <summary>The reply to a read.</summary>
    [Id(6)]
    public ReadReplyMessage? ReadReply;

    /// <summary>A create.</summary>
    [Id(7)]
    public CreateRequest? Create;

    /// <summary>The outcome of a create.</summary>
    [Id(8)]
    public CreateOutcomeMessage? CreateOutcome;

    /// <summary>The outcome of a describe, configure, trim or delete.</summary>
    [Id(9)]
    public MaintenanceOutcomeMessage? Outcome;

    /// <summary>The limits of a configure.</summary>
    [Id(10)]
    public RetentionLimits? Limits;

    /// <summary>The position of a trim.</summary>
    [Id(11)]
    public StreamOffset? Position;

    /// <summary>A fork asks for a hold.</summary>
    [Id(12)]
    public ForkHoldRequest? Hold;

    /// <summary>The answer to it.</summary>
    [Id(13)]
    public ForkHoldMessage? HoldAnswer;
}
