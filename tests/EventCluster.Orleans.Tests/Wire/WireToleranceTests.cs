using EventCluster.Abstractions.Streams;
using EventCluster.Core.Owners;
using EventCluster.Orleans.Wire;
using Xunit;

namespace EventCluster.Orleans.Tests.Wire;

/// <summary>
/// Version N reads the shorter messages of N−1, and N−1 ignores the fields of N, in every object of every message, at any depth.
/// </summary>
public sealed class WireToleranceTests
{
    private const int NewCase = 99;

    public static TheoryData<string> Names => [.. WireSamples.All.Select(sample => sample.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void FieldsOfANewerVersion_InAnyObject_AreIgnored(string name)
    {
        var sample = WireSamples.Get(name);
        var newer = new WireMessageBytes(sample.Bytes).WithFieldsAdded().ToList();

        Assert.NotEmpty(newer);
        Assert.All(newer, bytes => Assert.Equal(Convert.ToHexString(sample.Bytes), Convert.ToHexString(sample.ReadAndWrite(bytes))));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void FieldsThatAnOlderVersionDoesNotSend_InAnyObject_AreAbsentOrNamed(string name)
    {
        var sample = WireSamples.Get(name);
        var older = new WireMessageBytes(sample.Bytes).WithFieldsMissing().ToList();

        Assert.NotEmpty(older);
        Assert.All(older, bytes =>
        {
            var fault = Record.Exception(() => sample.Read(bytes));
            Assert.True(
                fault is null || (fault is InvalidDataException && IsNamed(fault.Message)), fault?.ToString());
        });
    }

    [Fact]
    public void OutcomeOfANewerVersion_AmongKnownOnes_IsUnknownAlone()
    {
        AppendOutcome[] known = [new AppendOutcome.NotFound(), new AppendOutcome.Gone(), new AppendOutcome.ProducerLimit()];
        var surrogate = new WireConverter<AppendOutcome[]>().ConvertToSurrogate(new Wire<AppendOutcome[]>(known));
        surrogate.AppendOutcomes![1].Kind = NewCase;

        var read = Cross<AppendOutcome[]>(surrogate);

        Assert.Equal(known[0], read[0]);
        AssertSays(nameof(AppendOutcome), Assert.IsType<AppendOutcome.Unavailable>(read[1]) is var u ? (u.Reason, u.Detail) : default);
        Assert.Equal(known[2], read[2]);
    }

    [Fact]
    public void CaseOfANewerVersion_OfEveryFamily_IsARetryableErrorThatSaysSo()
    {
        var outcome = new WireSurrogate { Outcome = new MaintenanceOutcomeMessage { Kind = NewCase } };
        var create = new WireSurrogate { CreateOutcome = new CreateOutcomeMessage { Kind = NewCase } };
        var hold = new WireSurrogate { HoldAnswer = new ForkHoldMessage { Refusal = new CreateOutcomeMessage { Kind = NewCase } } };

        AssertSays("DescribeOutcome", Cross<DescribeOutcome>(outcome) is DescribeOutcome.Unavailable d ? (d.Reason, d.Detail) : default);
        AssertSays("ConfigureOutcome", Cross<ConfigureOutcome>(outcome) is ConfigureOutcome.Unavailable c ? (c.Reason, c.Detail) : default);
        AssertSays("TrimOutcome", Cross<TrimOutcome>(outcome) is TrimOutcome.Unavailable t ? (t.Reason, t.Detail) : default);
        AssertSays("DeleteOutcome", Cross<DeleteOutcome>(outcome) is DeleteOutcome.Unavailable l ? (l.Reason, l.Detail) : default);
        AssertSays("CreateOutcome", Cross<CreateOutcome>(create) is CreateOutcome.Unavailable e ? (e.Reason, e.Detail) : default);
        AssertSays("CreateOutcome", Cross<ForkHoldAnswer>(hold).Refusal is CreateOutcome.Unavailable h ? (h.Reason, h.Detail) : default);
        var read = Cross<ReadReply>(new WireSurrogate { ReadReply = new ReadReplyMessage { Kind = NewCase } });
        AssertSays(
            "ReadOutcome",
            read.Outcome is ReadOutcome.Unavailable r ? (r.Reason, r.Detail) : default,
            UnavailableReason.Moved);
    }

    [Fact]
    public void ReasonsOfANewerVersion_AreTheMostGeneralOnes()
    {
        var notNow = Cross<DescribeOutcome>(new WireSurrogate
        {
            Outcome = MaintenanceOutcomeMessage.Of(new DescribeOutcome.Unavailable((UnavailableReason)NewCase, "d")),
        });
        var gap = Cross<CreateOutcome>(new WireSurrogate
        {
            CreateOutcome = CreateOutcomeMessage.Of(new CreateOutcome.ForkGap(new StreamGap(
                new(1, 2), new(1, 3), new(1, 4), (Protocol.GapReason)NewCase))),
        });

        Assert.Equal(new DescribeOutcome.Unavailable(UnavailableReason.OutcomeUnknown, "d"), notNow);
        Assert.Equal(Protocol.GapReason.Unknown, Assert.IsType<CreateOutcome.ForkGap>(gap).Gap.Reason);
    }

    private static bool IsNamed(string fault) =>
        fault.Contains(" message between silos ", StringComparison.Ordinal)
        || fault.StartsWith("A block was damaged on its way between silos", StringComparison.Ordinal);

    private static T Cross<T>(WireSurrogate surrogate) => new WireConverter<T>().ConvertFromSurrogate(
        WireSample.Serializer.Deserialize<WireSurrogate>(WireSample.Serializer.SerializeToArray(surrogate))).Value;

    private static void AssertSays(
        string family,
        (UnavailableReason Reason, string Detail) said,
        UnavailableReason expected = UnavailableReason.OutcomeUnknown)
    {
        Assert.Equal(expected, said.Reason);
        Assert.Equal(
            $"The owner answered with case {NewCase} of {family}, which this silo's version does not know; upgrade every silo.", said.Detail);
    }
}
