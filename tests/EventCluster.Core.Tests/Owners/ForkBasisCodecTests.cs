using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Core.Decisions;
using EventCluster.Core.Owners;
using EventCluster.Core.State;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Core.Tests.Owners;

/// <summary>The bytes cross silos of two versions during a rolling upgrade: this line never changes.</summary>
public sealed class ForkBasisCodecTests
{
    private static readonly ForkBasis Basis = new()
    {
        Origin = new ForkOrigin(TestData.Name("o"), new StreamOffset(1, 2), false, 3, 4, 5, HoldsSource: true),
        Earliest = 1,
        Incarnations = new IncarnationList(new IncarnationStart(1, 0), new IncarnationStart(2, 3)),
        Inherited = [new InheritedRange(TestData.Name("i"), 0, 5)],
        ContentType = StreamContentType.Parse("text/plain"),
        TtlSeconds = 60,
        ExpiresAt = 7,
        LastEventMilliseconds = 8,
        Trimmed = new SequenceRange(0, 1),
        Depth = 2,
    };

    [Fact]
    public void Decode_OfEncoded_IsTheSameBasis()
    {
        var decoded = ForkBasisCodec.Decode(ForkBasisCodec.Encode(Basis));

        Assert.Equal(Basis with { Inherited = [] }, decoded with { Inherited = [] });
        Assert.Equal(Basis.Inherited, decoded.Inherited);
    }

    [Fact]
    public void Encode_ABasis_IsFrozen() => Assert.Equal(
        "01"                                  // format version
        + "0100000000000000"                  // earliest sequence 1
        + "0800000000000000"                  // last event at 8
        + "02000000"                          // two histories: incarnation and first sequence of each
        + "0100000000000000" + "0000000000000000"
        + "0200000000000000" + "0300000000000000"
        + Convert.ToHexString(StreamStateCodec.Encode(new StreamState
        {
            ContentType = Basis.ContentType,
            TtlSeconds = 60,
            ExpiresAt = 7,
            Origin = Basis.Origin,
            Inherited = Basis.Inherited,
            Trimmed = Basis.Trimmed,
            ForkDepth = 2,
        }).Span),
        Convert.ToHexString(ForkBasisCodec.Encode(Basis).Span));

    [Fact]
    public void Decode_AnyCut_IsReportedAsDamage()
    {
        var bytes = ForkBasisCodec.Encode(Basis);
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<LogDamagedException>(() => ForkBasisCodec.Decode(bytes[..length]));
        }
    }
}
