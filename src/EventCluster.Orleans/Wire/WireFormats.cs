using EventCluster.Abstractions.Streams;
using EventCluster.Core.Owners;
using EventCluster.Protocol;

namespace EventCluster.Orleans.Wire;

/// <summary>Every type that a <see cref="Wire{T}"/> carries.</summary>
internal sealed class WireFormats :
    IWireFormat<AppendRequest[]>, IWireFormat<AppendOutcome[]>, IWireFormat<ReadRequest>, IWireFormat<ReadReply>,
    IWireFormat<CreateRequest>, IWireFormat<CreateOutcome>, IWireFormat<DescribeOutcome>, IWireFormat<RetentionLimits>,
    IWireFormat<ConfigureOutcome>, IWireFormat<StreamOffset>, IWireFormat<TrimOutcome>, IWireFormat<DeleteOutcome>,
    IWireFormat<ForkHoldRequest>, IWireFormat<ForkHoldAnswer>
{
    private static readonly WireFormats All = new();

    /// <summary>The format of a type.</summary>
    /// <exception cref="InvalidCastException">The type does not cross between silos.</exception>
    public static IWireFormat<T> Of<T>() => (IWireFormat<T>)(object)All;

    WireSurrogate IWireFormat<AppendRequest[]>.Put(AppendRequest[] value) => new() { Appends = value };

    AppendRequest[] IWireFormat<AppendRequest[]>.Take(in WireSurrogate surrogate) =>
        WireField.Required(surrogate.Appends, "appends");

    WireSurrogate IWireFormat<AppendOutcome[]>.Put(AppendOutcome[] value) =>
        new() { AppendOutcomes = Array.ConvertAll(value, AppendOutcomeMessage.Of) };

    AppendOutcome[] IWireFormat<AppendOutcome[]>.Take(in WireSurrogate surrogate) => Array.ConvertAll(
        WireField.Required(surrogate.AppendOutcomes, "outcomes of appends"), static outcome => outcome.ToOutcome());

    WireSurrogate IWireFormat<ReadRequest>.Put(ReadRequest value) => new() { Read = value };

    ReadRequest IWireFormat<ReadRequest>.Take(in WireSurrogate surrogate) => Required(surrogate.Read, "read");

    WireSurrogate IWireFormat<ReadReply>.Put(ReadReply value) => new() { ReadReply = ReadReplyMessage.Of(value) };

    ReadReply IWireFormat<ReadReply>.Take(in WireSurrogate surrogate) => Required(surrogate.ReadReply, "reply to a read").ToReply();

    WireSurrogate IWireFormat<CreateRequest>.Put(CreateRequest value) => new() { Create = value };

    CreateRequest IWireFormat<CreateRequest>.Take(in WireSurrogate surrogate) => WireField.Required(surrogate.Create, "create");

    WireSurrogate IWireFormat<CreateOutcome>.Put(CreateOutcome value) => new() { CreateOutcome = CreateOutcomeMessage.Of(value) };

    CreateOutcome IWireFormat<CreateOutcome>.Take(in WireSurrogate surrogate) =>
        Required(surrogate.CreateOutcome, "outcome of a create").ToOutcome();

    WireSurrogate IWireFormat<DescribeOutcome>.Put(DescribeOutcome value) => new() { Outcome = MaintenanceOutcomeMessage.Of(value) };

    DescribeOutcome IWireFormat<DescribeOutcome>.Take(in WireSurrogate surrogate) => Outcome(surrogate).ToDescribe();

    WireSurrogate IWireFormat<RetentionLimits>.Put(RetentionLimits value) => new() { Limits = value };

    RetentionLimits IWireFormat<RetentionLimits>.Take(in WireSurrogate surrogate) => WireField.Required(surrogate.Limits, "limits");

    WireSurrogate IWireFormat<ConfigureOutcome>.Put(ConfigureOutcome value) => new() { Outcome = MaintenanceOutcomeMessage.Of(value) };

    ConfigureOutcome IWireFormat<ConfigureOutcome>.Take(in WireSurrogate surrogate) => Outcome(surrogate).ToConfigure();

    WireSurrogate IWireFormat<StreamOffset>.Put(StreamOffset value) => new() { Position = value };

    StreamOffset IWireFormat<StreamOffset>.Take(in WireSurrogate surrogate) => Required(surrogate.Position, "position");

    WireSurrogate IWireFormat<TrimOutcome>.Put(TrimOutcome value) => new() { Outcome = MaintenanceOutcomeMessage.Of(value) };

    TrimOutcome IWireFormat<TrimOutcome>.Take(in WireSurrogate surrogate) => Outcome(surrogate).ToTrim();

    WireSurrogate IWireFormat<DeleteOutcome>.Put(DeleteOutcome value) => new() { Outcome = MaintenanceOutcomeMessage.Of(value) };

    DeleteOutcome IWireFormat<DeleteOutcome>.Take(in WireSurrogate surrogate) => Outcome(surrogate).ToDelete();

    WireSurrogate IWireFormat<ForkHoldRequest>.Put(ForkHoldRequest value) => new() { Hold = value };

    ForkHoldRequest IWireFormat<ForkHoldRequest>.Take(in WireSurrogate surrogate) => WireField.Required(surrogate.Hold, "hold");

    WireSurrogate IWireFormat<ForkHoldAnswer>.Put(ForkHoldAnswer value) => new() { HoldAnswer = ForkHoldMessage.Of(value) };

    ForkHoldAnswer IWireFormat<ForkHoldAnswer>.Take(in WireSurrogate surrogate) =>
        Required(surrogate.HoldAnswer, "answer to a hold").ToAnswer();

    private static MaintenanceOutcomeMessage Outcome(in WireSurrogate surrogate) => Required(surrogate.Outcome, "outcome");

    private static T Required<T>(T? value, string what)
        where T : struct => value ?? throw new InvalidDataException($"A message between silos lacks the {what}.");
}
