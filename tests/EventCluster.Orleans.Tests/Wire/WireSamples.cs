using EventCluster.Abstractions;
using EventCluster.Abstractions.Streams;
using EventCluster.Core.Owners;
using EventCluster.Orleans.Wire;
using EventCluster.Protocol;
using EventCluster.TestKit;

namespace EventCluster.Orleans.Tests.Wire;

/// <summary>
/// Every message between silos. A sample is never changed: a field that is added gets a sample of its own, so that the fixture
/// keeps what the version before wrote.
/// </summary>
internal static class WireSamples
{
    private static readonly StreamOffset A = new(3, 7);
    private static readonly StreamOffset B = new(3, 300);

    private static readonly StreamDescriptor Descriptor = new()
    {
        Name = TestData.Name("a/b"),
        ContentType = StreamContentType.Parse("text/plain"),
        Earliest = A,
        Tail = B,
        Incarnations = new IncarnationList(new IncarnationStart(3, 0), new IncarnationStart(5, 8)),
        Closed = true,
        TtlSeconds = 60,
        ExpiresAt = DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_123),
        Deadline = DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_456),
        Retention = new RetentionLimits(1, 2, 3),
        RetainedBytes = 44,
        ForkedFrom = TestData.Name("s"),
    };

    private static readonly ForkSpec Fork = new(TestData.Name("s"), A, FromStart: false, 12);

    private static readonly StreamGap Gap = new(A, B, new StreamOffset(4, 301), GapReason.Trimmed);

    private static readonly Refusal Why = new(Protocol.ErrorCode.InvalidBody, "w");

    private static readonly EventBlock Block = EventBlock.Encode(3, 7, TestData.Payloads("a", "bc").ToArray(), [5, 6]);

    /// <summary>All of them.</summary>
    public static readonly WireSample[] All =
    [
        WireSample.Of<AppendRequest[]>("append requests",
        [
            new()
            {
                ContentType = StreamContentType.Parse("a/b"), Events = TestData.Payloads("one", "x", ""), Close = true,
                Producer = new ProducerStamp("p", 1, 2), StreamSeq = "s", ExpectedOffset = A,
            },
            new() { Events = TestData.Payloads("single") },
            new() { Close = true },
        ]),
        WireSample.Of<AppendOutcome[]>("append outcomes",
        [
            new AppendOutcome.Appended(A, B, true), new AppendOutcome.Duplicate(A, 1, 2, true), new AppendOutcome.AlreadyClosed(A),
            new AppendOutcome.RefusedClosed(B, WasAccepted: true), new AppendOutcome.ContentTypeMismatch(StreamContentType.Parse("a/b")),
            new AppendOutcome.StaleEpoch(9), new AppendOutcome.EpochMustStartAtZero(4), new AppendOutcome.SequenceGap(5, 6),
            new AppendOutcome.TailMismatch(A), new AppendOutcome.StreamSeqConflict("s"), new AppendOutcome.ProducerLimit(),
            new AppendOutcome.NotFound(), new AppendOutcome.Gone(), new AppendOutcome.Unavailable(UnavailableReason.Moved, "m"),
            new AppendOutcome.Invalid(Why),
        ]),
        WireSample.Of("read request", new ReadRequest(A, 5, 6, TimeSpan.FromSeconds(7), Touch: true)),
        WireSample.Of("read: batch", new ReadReply(new ReadOutcome.Batch(A, B, [new BlockSlice(Block, 0, 2)], Descriptor), WaitEnded: true)),
        WireSample.Of("read: gap", new ReadReply(new ReadOutcome.Gap(Gap, Descriptor), WaitEnded: true)),
        WireSample.Of("read: not found", new ReadReply(new ReadOutcome.NotFound(), WaitEnded: false)),
        WireSample.Of("read: gone", new ReadReply(new ReadOutcome.Gone(), WaitEnded: false)),
        WireSample.Of("read: not now", new ReadReply(new ReadOutcome.Unavailable(UnavailableReason.Overloaded, "o"), WaitEnded: false)),
        WireSample.Of("create request", new CreateRequest
        {
            ContentType = StreamContentType.Parse("a/b"), TtlSeconds = 5, ExpiresAt = DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_789),
            Retention = new RetentionLimits(Bytes: 7), Events = TestData.Payloads("x"), Close = true, Fork = Fork,
        }),
        WireSample.Of<CreateOutcome>("create: created", new CreateOutcome.Created(Descriptor)),
        WireSample.Of<CreateOutcome>("create: exists", new CreateOutcome.Exists(Descriptor)),
        WireSample.Of<CreateOutcome>("create: conflict", new CreateOutcome.Conflict("w")),
        WireSample.Of<CreateOutcome>("create: held", new CreateOutcome.Held()),
        WireSample.Of<CreateOutcome>("create: no source", new CreateOutcome.SourceNotFound()),
        WireSample.Of<CreateOutcome>("create: source gone", new CreateOutcome.SourceGone()),
        WireSample.Of<CreateOutcome>("create: source's type", new CreateOutcome.SourceTypeMismatch(StreamContentType.Parse("a/b"))),
        WireSample.Of<CreateOutcome>("create: invalid fork", new CreateOutcome.InvalidFork("x")),
        WireSample.Of<CreateOutcome>("create: gap", new CreateOutcome.ForkGap(Gap)),
        WireSample.Of<CreateOutcome>("create: too deep", new CreateOutcome.ForkTooDeep()),
        WireSample.Of<CreateOutcome>("create: too many forks", new CreateOutcome.ForkLimit(9)),
        WireSample.Of<CreateOutcome>("create: too many", new CreateOutcome.StreamLimit()),
        WireSample.Of<CreateOutcome>("create: invalid", new CreateOutcome.Invalid(Why)),
        WireSample.Of<CreateOutcome>("create: not now", new CreateOutcome.Unavailable(UnavailableReason.Moved, "m")),
        WireSample.Of<DescribeOutcome>("describe: found", new DescribeOutcome.Found(Descriptor)),
        WireSample.Of<DescribeOutcome>("describe: not found", new DescribeOutcome.NotFound()),
        WireSample.Of<DescribeOutcome>("describe: gone", new DescribeOutcome.Gone()),
        WireSample.Of<DescribeOutcome>("describe: not now", new DescribeOutcome.Unavailable(UnavailableReason.Moved, "m")),
        WireSample.Of("limits", new RetentionLimits(1, null, 3)),
        WireSample.Of<ConfigureOutcome>("configure: done", new ConfigureOutcome.Configured(Descriptor)),
        WireSample.Of<ConfigureOutcome>("configure: not found", new ConfigureOutcome.NotFound()),
        WireSample.Of<ConfigureOutcome>("configure: gone", new ConfigureOutcome.Gone()),
        WireSample.Of<ConfigureOutcome>("configure: invalid", new ConfigureOutcome.Invalid(Why)),
        WireSample.Of<ConfigureOutcome>("configure: not now", new ConfigureOutcome.Unavailable(UnavailableReason.StoreFailed, "m")),
        WireSample.Of("position", A),
        WireSample.Of<TrimOutcome>("trim: done", new TrimOutcome.Trimmed(Descriptor)),
        WireSample.Of<TrimOutcome>("trim: not found", new TrimOutcome.NotFound()),
        WireSample.Of<TrimOutcome>("trim: gone", new TrimOutcome.Gone()),
        WireSample.Of<TrimOutcome>("trim: invalid", new TrimOutcome.InvalidPosition(B)),
        WireSample.Of<TrimOutcome>("trim: not now", new TrimOutcome.Unavailable(UnavailableReason.Moved, "m")),
        WireSample.Of<DeleteOutcome>("delete: deleted", new DeleteOutcome.Deleted()),
        WireSample.Of<DeleteOutcome>("delete: not found", new DeleteOutcome.NotFound()),
        WireSample.Of<DeleteOutcome>("delete: gone", new DeleteOutcome.Gone()),
        WireSample.Of<DeleteOutcome>("delete: not now", new DeleteOutcome.Unavailable(UnavailableReason.OutcomeUnknown, "m")),
        WireSample.Of("hold request", new ForkHoldRequest(Fork, TestData.Name("f"), null, 77)),
        WireSample.Of<AppendRequest[]>("append request of a life", [new() { Events = TestData.Payloads("x"), Incarnation = 77 }]),
        WireSample.Of("create request: repeat", new CreateRequest { RequestId = "r", IsRepeat = true }),
        WireSample.Of("hold: refused", ForkHoldAnswer.Refused(new CreateOutcome.ForkGap(Gap))),
    ];

    /// <summary>A sample by name.</summary>
    public static WireSample Get(string name) => All.Single(sample => sample.Name == name);
}
