using EventCluster.Abstractions;
using EventCluster.Abstractions.Streams;
using EventCluster.Core.Owners;
using EventCluster.Orleans.Wire;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Xunit;

namespace EventCluster.Orleans.Tests.Wire;

/// <summary>Every case of every family crosses a silo boundary unchanged, through Orleans' own serializer.</summary>
public sealed class WireRoundTripTests
{
    private static readonly StreamOffset A = new(3, 7);
    private static readonly StreamOffset B = new(3, 9);

    private static readonly Serializer Serializer = new ServiceCollection()
        .AddSerializer()
        .AddSingleton<ITypeNameFilter, WireTypeFilter>()
        .BuildServiceProvider()
        .GetRequiredService<Serializer>();

    private static readonly StreamDescriptor Smallest = new()
    {
        Name = TestData.Name("a/b"),
        ContentType = StreamContentType.Parse("text/plain"),
        Earliest = A,
        Tail = B,
        Incarnations = new IncarnationList(new IncarnationStart(3, 0)),
        Closed = false,
    };

    private static readonly StreamDescriptor Fullest = Smallest with
    {
        Incarnations = new IncarnationList(new IncarnationStart(3, 0), new IncarnationStart(5, 8)),
        Closed = true,
        TtlSeconds = 60,
        ExpiresAt = DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_123),
        Deadline = DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_456),
        Retention = new RetentionLimits(1, 2, 3),
        RetainedBytes = 44,
        ForkedFrom = TestData.Name("source/ü"),
    };

    private static readonly StreamGap Gap = new(A, B, new StreamOffset(4, 11), GapReason.Trimmed);

    [Fact]
    public void AppendOutcomes_AllCases_AreTheSame()
    {
        AppendOutcome[] all =
        [
            new AppendOutcome.Invalid(new Refusal(Protocol.ErrorCode.InvalidBody, "w")),
            new AppendOutcome.Appended(A, B, true), new AppendOutcome.Duplicate(A, 1, 2, true), new AppendOutcome.AlreadyClosed(A),
            new AppendOutcome.RefusedClosed(B, WasAccepted: true), new AppendOutcome.ContentTypeMismatch(StreamContentType.Parse("a/b; c=d")),
            new AppendOutcome.StaleEpoch(ProtocolLimits.MaxProducerNumber), new AppendOutcome.EpochMustStartAtZero(4),
            new AppendOutcome.SequenceGap(5, 6), new AppendOutcome.TailMismatch(A), new AppendOutcome.StreamSeqConflict("é"),
            new AppendOutcome.ProducerLimit(), new AppendOutcome.NotFound(), new AppendOutcome.Gone(),
            new AppendOutcome.Unavailable(UnavailableReason.StoreFailed, "why"),
        ];

        AssertComplete<AppendOutcome>(all);
        Assert.Equal(all, RoundTrip(all));
    }

    [Fact]
    public void AppendRequests_KeepEveryFieldAndByte()
    {
        AppendRequest[] all =
        [
            new() { Close = true },
            new()
            {
                ContentType = StreamContentType.Parse("application/json"),
                Events = TestData.Payloads("one", "", "three"),
                Close = true,
                Producer = new ProducerStamp("p", 1, 2),
                StreamSeq = "s",
                ExpectedOffset = A,
            },
            new() { Events = TestData.Payloads("single") },
        ];

        var read = RoundTrip(all);

        Assert.Equal(all.Select(WithoutEvents), read.Select(WithoutEvents));
        Assert.Equal(all.SelectMany(Texts), read.SelectMany(Texts));
    }

    [Fact]
    public void CreateOutcomes_AllCases_AreTheSame()
    {
        CreateOutcome[] all =
        [
            new CreateOutcome.Invalid(new Refusal(Protocol.ErrorCode.TooLarge, "w")),
            new CreateOutcome.Created(Smallest), new CreateOutcome.Exists(Fullest), new CreateOutcome.Conflict("w"),
            new CreateOutcome.Held(), new CreateOutcome.SourceNotFound(), new CreateOutcome.SourceGone(),
            new CreateOutcome.SourceTypeMismatch(StreamContentType.Parse("a/b")), new CreateOutcome.InvalidFork("x"),
            new CreateOutcome.ForkGap(Gap), new CreateOutcome.ForkTooDeep(), new CreateOutcome.StreamLimit(), new CreateOutcome.ForkLimit(10_000),
            new CreateOutcome.Unavailable(UnavailableReason.StorageFull, "d"),
        ];

        AssertComplete<CreateOutcome>(all);
        Assert.All(all, outcome => Assert.Equal(outcome, RoundTrip(outcome)));
        Assert.All(all, outcome => Assert.Equal(outcome, RoundTrip(ForkHoldAnswer.Refused(outcome)).Refusal));
    }

    [Fact]
    public void CreateAndHoldRequests_KeepEveryField()
    {
        var fork = new ForkSpec(TestData.Name("s"), A, FromStart: false, 12);
        var full = new CreateRequest
        {
            ContentType = StreamContentType.Parse("a/b"),
            TtlSeconds = 5,
            ExpiresAt = DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_789),
            Retention = new RetentionLimits(Bytes: 7),
            Events = TestData.Payloads("x", "y"),
            Close = true,
            Fork = fork,
        };
        var read = RoundTrip(full);

        Assert.Equal(full with { Events = [] }, read with { Events = [] });
        Assert.Equal(["x", "y"], read.Events.Select(TestData.Text));
        Assert.Equal(new CreateRequest().Fork, RoundTrip(new CreateRequest()).Fork);
        var hold = new ForkHoldRequest(fork with { Offset = null, FromStart = true }, TestData.Name("f"), null, 77);
        Assert.Equal(hold, RoundTrip(hold));
    }

    [Fact]
    public void MaintenanceOutcomes_AllCases_AreTheSame()
    {
        DescribeOutcome[] describes =
        [
            new DescribeOutcome.Found(Fullest), new DescribeOutcome.NotFound(), new DescribeOutcome.Gone(),
            new DescribeOutcome.Unavailable(UnavailableReason.Moved, "m"),
        ];
        ConfigureOutcome[] configures =
        [
            new ConfigureOutcome.Invalid(new Refusal(Protocol.ErrorCode.BadRequest, "w")),
            new ConfigureOutcome.Configured(Smallest), new ConfigureOutcome.NotFound(), new ConfigureOutcome.Gone(),
            new ConfigureOutcome.Unavailable(UnavailableReason.Moved, "m"),
        ];
        TrimOutcome[] trims =
        [
            new TrimOutcome.Trimmed(Smallest), new TrimOutcome.InvalidPosition(B), new TrimOutcome.NotFound(), new TrimOutcome.Gone(),
            new TrimOutcome.Unavailable(UnavailableReason.Overloaded, "m"),
        ];
        DeleteOutcome[] deletes =
        [
            new DeleteOutcome.Deleted(), new DeleteOutcome.NotFound(), new DeleteOutcome.Gone(),
            new DeleteOutcome.Unavailable(UnavailableReason.OutcomeUnknown, "m"),
        ];
        AssertComplete<DescribeOutcome>(describes);
        AssertComplete<ConfigureOutcome>(configures);
        AssertComplete<TrimOutcome>(trims);
        AssertComplete<DeleteOutcome>(deletes);

        Assert.All(describes, outcome => Assert.Equal(outcome, RoundTrip(outcome)));
        Assert.All(configures, outcome => Assert.Equal(outcome, RoundTrip(outcome)));
        Assert.All(trims, outcome => Assert.Equal(outcome, RoundTrip(outcome)));
        Assert.All(deletes, outcome => Assert.Equal(outcome, RoundTrip(outcome)));
        Assert.Equal(A, RoundTrip(A));
        Assert.Equal(new RetentionLimits(1, null, 3), RoundTrip(new RetentionLimits(1, null, 3)));
    }

    [Fact]
    public void ReadOutcomes_AllCases_AreTheSame()
    {
        var block = EventBlock.Encode(3, 7, TestData.Payloads("a", "bc").ToArray(), [5, 6]);
        ReadOutcome[] all =
        [
            new ReadOutcome.Batch(A, B, [new BlockSlice(block, 0, 2)], Smallest), new ReadOutcome.Gap(Gap, Fullest),
            new ReadOutcome.NotFound(), new ReadOutcome.Gone(), new ReadOutcome.Unavailable(UnavailableReason.Overloaded, "o"),
        ];
        AssertComplete<ReadOutcome>(all);
        Assert.All(all[1..], outcome => Assert.Equal(outcome, RoundTrip(new ReadReply(outcome, true)).Outcome));
        var request = new ReadRequest(A, 5, 6, TimeSpan.FromSeconds(7), Touch: true);
        Assert.Equal(request, RoundTrip(request));
        Assert.All(
            Enum.GetValues<ReadConfirmation>(),
            level => Assert.Equal(level, RoundTrip(request with { Confirmation = level }).Confirmation));
        Assert.Equal(ReadConfirmation.Strict, RoundTrip(request with { Confirmation = (ReadConfirmation)99 }).Confirmation);
        var withheld = RoundTrip(new ReadReply((ReadOutcome.Batch)all[0] with { ClaimWithheld = true }, WaitEnded: false)).Outcome;
        Assert.True(Assert.IsType<ReadOutcome.Batch>(withheld).ClaimWithheld);

        var reply = RoundTrip(new ReadReply(all[0], WaitEnded: false));

        var slice = Assert.Single(Assert.IsType<ReadOutcome.Batch>(reply.Outcome).Slices);
        Assert.False(reply.WaitEnded);
        Assert.True(block.Encoded.Span.SequenceEqual(slice.Block.Encoded.Span));
    }

    [Fact]
    public void ReadOutcome_ASmallPartOfALargeBlock_CrossesAlone()
    {
        var payloads = Enumerable.Range(0, 100).Select(i => new ReadOnlyMemory<byte>(new byte[1_000 + i])).ToArray();
        var block = EventBlock.Encode(3, 7, payloads, [.. Enumerable.Range(0, 100).Select(i => 5L + i)]);
        var batch = new ReadOutcome.Batch(
            new StreamOffset(3, 27), new StreamOffset(3, 29), [new BlockSlice(block, 20, 22)], Smallest);

        var read = Assert.IsType<ReadOutcome.Batch>(RoundTrip(new ReadReply(batch, false)).Outcome);

        var slice = Assert.Single(read.Slices);
        Assert.Equal((27L, 2, 2), (slice.FirstSequence, slice.Count, slice.Block.Count));
        Assert.Equal([1_020, 1_021], Enumerable.Range(0, 2).Select(i => slice.Block.GetPayload(i).Length));
        Assert.Equal([25L, 26L], Enumerable.Range(0, 2).Select(slice.Block.GetTimeMilliseconds));
    }

    [Fact]
    public void Damage_IsThrownWhereItIsRead()
    {
        var read = Serializer.Deserialize<Wire<ReadReply>>(
            Serializer.SerializeToArray(Wire<ReadReply>.OfDamage("block 7 is damaged")));

        var damaged = Assert.Throws<Abstractions.Store.LogDamagedException>(() => read!.Value);
        Assert.Equal("block 7 is damaged", damaged.Message);
    }

    private static T RoundTrip<T>(T value) =>
        Serializer.Deserialize<Wire<T>>(Serializer.SerializeToArray(new Wire<T>(value)))!.Value;

    private static AppendRequest WithoutEvents(AppendRequest request) => request with { Events = [] };

    private static IEnumerable<string> Texts(AppendRequest request) => request.Events.Select(TestData.Text);

    private static void AssertComplete<TFamily>(IEnumerable<TFamily> cases) => Assert.Equal(
        typeof(TFamily).GetNestedTypes().Where(type => type.IsSubclassOf(typeof(TFamily))).Select(type => type.Name).Order(),
        cases.Select(outcome => outcome!.GetType().Name).Order());
}
