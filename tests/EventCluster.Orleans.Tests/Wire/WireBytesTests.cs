using EventCluster.Abstractions;
using EventCluster.Abstractions.Streams;
using EventCluster.Core.Owners;
using EventCluster.Orleans.Wire;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Orleans.Tests.Wire;

/// <summary>
/// What silos of versions N and N−1 say to each other during a rolling upgrade. The bytes are frozen: a change here is a
/// change of what an older silo reads, so add a case with a new number, or an optional field behind the last one.
/// </summary>
public sealed class WireBytesTests
{
    private static readonly StreamOffset A = new(3, 7);
    private static readonly StreamOffset B = new(3, 300);

    private static readonly StreamDescriptor Descriptor = new()
    {
        Name = TestData.Name("a/b"),
        ContentType = StreamContentType.Parse("text/plain"),
        Earliest = A,
        Tail = B,
        Incarnations = new IncarnationList(new IncarnationStart(3, 0)),
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

    private static readonly Sample[] Samples =
    [
        Sample.Of<AppendRequest[]>("append request", "010103612F62020301010101700102010173010307", [new()
        {
            ContentType = StreamContentType.Parse("a/b"), Events = TestData.Payloads("one", "x"), Close = true,
            Producer = new ProducerStamp("p", 1, 2), StreamSeq = "s", ExpectedOffset = A,
        }]),
        Sample.Of<AppendOutcome[]>("append outcomes", "0E01030703AC02010203070102010303070403AC02010503612F62060907040805060903070A01730B0C0D0E01016D",
        [
            new AppendOutcome.Appended(A, B, true), new AppendOutcome.Duplicate(A, 1, 2, true), new AppendOutcome.AlreadyClosed(A),
            new AppendOutcome.RefusedClosed(B, WasAccepted: true), new AppendOutcome.ContentTypeMismatch(StreamContentType.Parse("a/b")),
            new AppendOutcome.StaleEpoch(9), new AppendOutcome.EpochMustStartAtZero(4), new AppendOutcome.SequenceGap(5, 6),
            new AppendOutcome.TailMismatch(A), new AppendOutcome.StreamSeqConflict("s"), new AppendOutcome.ProducerLimit(),
            new AppendOutcome.NotFound(), new AppendOutcome.Gone(), new AppendOutcome.Unavailable(UnavailableReason.Moved, "m"),
        ]),
        Sample.Of("read request", "0307050680BBB02101", new ReadRequest(A, 5, 6, TimeSpan.FromSeconds(7), Touch: true)),
        Sample.Of("read: gap",
            "0102030703AC0204AD020203612F620A746578742F706C61696E030703AC0201030001013C01FBA0F1C2B13401C8A3F1"
            + "C2B1340101010201032C010173", new ReadReply(new ReadOutcome.Gap(Gap, Descriptor), WaitEnded: true)),
        Sample.Of("read: not found", "0003", new ReadReply(new ReadOutcome.NotFound(), WaitEnded: false)),
        Sample.Of("read: gone", "0004", new ReadReply(new ReadOutcome.Gone(), WaitEnded: false)),
        Sample.Of("read: not now", "000503016F", new ReadReply(new ReadOutcome.Unavailable(UnavailableReason.Overloaded, "o"), WaitEnded: false)),
        Sample.Of("create request", "0103612F62010501D0C88BF1D8DBDCEF0800010700010101010173010307000C", new CreateRequest
        {
            ContentType = StreamContentType.Parse("a/b"), TtlSeconds = 5, ExpiresAt = DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_789),
            Retention = new RetentionLimits(Bytes: 7), Events = TestData.Payloads("x"), Close = true, Fork = Fork,
        }),
        Sample.Of<CreateOutcome>("create: created",
            "0103612F620A746578742F706C61696E030703AC0201030001013C01FBA0F1C2B13401C8A3F1C2B1340101010201032C"
            + "010173", new CreateOutcome.Created(Descriptor)),
        Sample.Of<CreateOutcome>("create: exists",
            "0203612F620A746578742F706C61696E030703AC0201030001013C01FBA0F1C2B13401C8A3F1C2B1340101010201032C"
            + "010173", new CreateOutcome.Exists(Descriptor)),
        Sample.Of<CreateOutcome>("create: conflict", "030177", new CreateOutcome.Conflict("w")),
        Sample.Of<CreateOutcome>("create: gap", "09030703AC0204AD0202", new CreateOutcome.ForkGap(Gap)),
        Sample.Of<CreateOutcome>("create: not now", "0C01016D", new CreateOutcome.Unavailable(UnavailableReason.Moved, "m")),
        Sample.Of<DescribeOutcome>("describe: found",
            "0103612F620A746578742F706C61696E030703AC0201030001013C01FBA0F1C2B13401C8A3F1C2B1340101010201032C"
            + "010173", new DescribeOutcome.Found(Descriptor)),
        Sample.Of<ConfigureOutcome>("configure: not found", "02", new ConfigureOutcome.NotFound()),
        Sample.Of<TrimOutcome>("trim: invalid", "0503AC02", new TrimOutcome.InvalidPosition(B)),
        Sample.Of<DeleteOutcome>("delete: deleted", "01", new DeleteOutcome.Deleted()),
        Sample.Of("hold request", "0173010307000C0166004D", new ForkHoldRequest(Fork, TestData.Name("f"), null, 77)),
        Sample.Of("retention", "0101000103", new RetentionLimits(1, null, 3)),
        Sample.Of("offset", "0307", A),
    ];

    public static TheoryData<string> Names => [.. Samples.Select(sample => sample.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Bytes_AreFrozen(string name)
    {
        var sample = Samples.Single(it => it.Name == name);

        Assert.Equal(sample.Hex, sample.Write());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void FieldsOfANewerVersion_BehindTheKnownOnes_AreIgnored(string name)
    {
        var sample = Samples.Single(it => it.Name == name);

        Assert.Equal(sample.Hex, sample.ReadAndWrite("0101FF7F"));
    }

    [Fact]
    public void CaseOfANewerVersion_IsSaidAsOne()
    {
        var surrogate = new WireSurrogate { Fields = [1, 99] };

        var fault = Assert.Throws<InvalidOperationException>(
            () => new WireConverter<AppendOutcome[]>().ConvertFromSurrogate(surrogate));

        Assert.Contains("Case 99", fault.Message, StringComparison.Ordinal);
        Assert.Contains("newer", fault.Message, StringComparison.Ordinal);
    }

    private sealed record Sample(string Name, string Hex, Func<string> Write, Func<string, string> ReadAndWrite)
    {
        public static Sample Of<T>(string name, string hex, T value)
        {
            return new Sample(name, hex, () => Convert.ToHexString(Surrogate(value).Fields!), ReadAndWriteWith);

            string ReadAndWriteWith(string more)
            {
                var known = Surrogate(value);
                var newer = new WireSurrogate { Fields = [.. known.Fields!, .. Convert.FromHexString(more)], Buffers = known.Buffers };
                return Convert.ToHexString(Surrogate(new WireConverter<T>().ConvertFromSurrogate(newer).Value).Fields!);
            }
        }

        private static WireSurrogate Surrogate<T>(T value) => new WireConverter<T>().ConvertToSurrogate(new Wire<T>(value));
    }
}
