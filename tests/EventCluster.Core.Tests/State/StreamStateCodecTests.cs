using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Core.State;
using EventCluster.Protocol;
using FsCheck;
using FsCheck.Fluent;
using Xunit;
using TestData = EventCluster.TestKit.TestData;

namespace EventCluster.Core.Tests.State;

/// <summary>
/// The state's bytes are in every data directory: these lines never change. A new field means a new version, and a
/// decoder that still reads version 1.
/// </summary>
public sealed class StreamStateCodecTests
{
    private static readonly StreamState Smallest = new()
    {
        ContentType = StreamContentType.Parse("text/plain"),
        TouchedAt = 1_767_268_800_000,
    };

    private static readonly StreamState Fullest = new()
    {
        ContentType = StreamContentType.Parse("application/json; charset=utf-8"),
        RequestedTtlSeconds = 60,
        RequestedExpiresAt = 5,
        TtlSeconds = 61,
        ExpiresAt = 6,
        TouchedAt = 7,
        TouchedExactly = true,
        Retention = new RetentionLimits(1, 2, 3),
        Closed = true,
        ClosedBy = new ProducerStamp("p", 1, 2),
        LastStreamSeq = "s",
        Trimmed = new SequenceRange(8, 9),
        ForkDepth = 2,
        Origin = new ForkOrigin(TestData.Name("o"), new StreamOffset(10, 11), false, 12, 13, 14, HoldsSource: true),
        Inherited = [new InheritedRange(TestData.Name("i"), 0, 14)],
        Holds = [new ForkHold(TestData.Name("h"), 15, 16, 17, Confirmed: true, 18)],
        OwesRelease = true,
        Lifecycle = Lifecycle.SoftDeleted,
    };

    [Fact]
    public void Encode_SmallestState_IsFrozen() => Assert.Equal(
        "01"                        // format version
        + "00"                      // flags: 1 closed, 2 owes release, 4 touched exactly
        + "00"                      // lifecycle: live
        + "0A746578742F706C61696E"  // content type "text/plain", length first
        + "00" + "00"               // requested: no TTL, no expiry
        + "00" + "00"               // in force: no TTL, no expiry
        + "80ACB7CBB733"            // touched at 1767268800000, 7 bits per byte
        + "00" + "00" + "00"        // retention: no events, bytes, age
        + "00" + "00"               // no closing producer, no Stream-Seq
        + "00" + "00"               // trimmed from 0 to 0
        + "00"                      // fork depth
        + "00" + "00" + "00",       // no origin, no inherited ranges, no holds
        Convert.ToHexString(StreamStateCodec.Encode(Smallest).Span));

    /// <summary>A build that does not know that forks are kept apart must not open such a stream.</summary>
    [Fact]
    public void Encode_StateWithForksApart_IsTheSameUnderAnotherVersion()
    {
        foreach (var state in new[] { Smallest, Fullest })
        {
            var plain = StreamStateCodec.Encode(state).ToArray();
            plain[0] = 3;

            Assert.Equal(plain, StreamStateCodec.Encode(state with { KeepsForksApart = true }).ToArray());
            Assert.True(StreamStateCodec.Decode(plain).KeepsForksApart);
        }
    }

    [Fact]
    public void Encode_FullestState_IsFrozen() => Assert.Equal(
        "01" + "07" + "01"          // version; closed, owes release, touched exactly; soft-deleted
        + "1F" + "6170706C69636174696F6E2F6A736F6E3B20636861727365743D7574662D38"
        + "013C" + "0105"           // requested TTL 60, expiry 5
        + "013D" + "0106"           // in force TTL 61, expiry 6
        + "07"                      // touched at 7
        + "0101" + "0102" + "0103"  // retention 1 event, 2 bytes, 3 s
        + "01" + "0170" + "01" + "02"  // closed by "p", epoch 1, sequence 2
        + "01" + "0173"             // Stream-Seq "s"
        + "08" + "09"               // trimmed from 8 to 9
        + "02"                      // fork depth
        + "01" + "016F"             // origin "o"
        + "01" + "0A" + "0B"        // at incarnation 10, sequence 11
        + "00" + "0C" + "0D" + "0E" + "01"  // not from the start, sub-offset 12, own incarnation 13, point 14, holds
        + "01" + "0169" + "00" + "0E"  // one inherited range: "i" from 0 to 14
        + "01" + "0168" + "0F" + "10" + "11" + "01" + "12",  // one hold: "h", 15, from 16 to 17, confirmed, since 18
        Convert.ToHexString(StreamStateCodec.Encode(Fullest).Span));

    [Fact]
    public void Encode_StateWithARequestId_HasItBehindTheHolds()
    {
        var plain = StreamStateCodec.Encode(Fullest).ToArray();
        plain[1] |= 8;

        Assert.Equal(
            Convert.ToHexString(plain) + "01" + "0172",
            Convert.ToHexString(StreamStateCodec.Encode(Fullest with { CreateRequestId = "r" }).Span));
    }

    [Theory]
    [InlineData(null, "00" + "01" + "05" + "07")]
    [InlineData("r", "010172" + "01" + "05" + "07")]
    public void Encode_StateWithALostRange_HasItBehindTheRequestId(string? requestId, string more)
    {
        var state = Fullest with { CreateRequestId = requestId, Lost = new SequenceRange(5, 7) };
        var plain = StreamStateCodec.Encode(Fullest).ToArray();
        plain[1] |= 8;

        Assert.Equal(Convert.ToHexString(plain) + more, Convert.ToHexString(StreamStateCodec.Encode(state).Span));
        Assert.Equal(new SequenceRange(5, 7), StreamStateCodec.Decode(StreamStateCodec.Encode(state)).Lost);
    }

    /// <summary>Behind the flag for further fields a build reads what it knows: none, one, or one and those of a later build.</summary>
    [Theory]
    [InlineData("", null)]
    [InlineData("00", null)]
    [InlineData("010172", "r")]
    [InlineData("010172" + "00", "r")]
    [InlineData("010172" + "00" + "01FFEE7F", "r")]
    [InlineData("00" + "00" + "01FFEE7F", null)]
    public void Decode_FurtherFields_AreReadAsFarAsTheyAreKnown(string more, string? requestId)
    {
        foreach (var state in new[] { Smallest, Fullest })
        {
            var plain = StreamStateCodec.Encode(state).ToArray();
            plain[1] |= 8;

            var read = StreamStateCodec.Decode((byte[])[.. plain, .. Convert.FromHexString(more)]);

            Assert.Equal(requestId, read.CreateRequestId);
            Assert.Equal(
                StreamStateCodec.Encode(state).ToArray(), StreamStateCodec.Encode(read with { CreateRequestId = null }).ToArray());
        }
    }

    [Fact]
    public void Decode_FurtherFieldsWithoutTheFlag_AreDamage() => Assert.Throws<LogDamagedException>(
        () => StreamStateCodec.Decode((byte[])[.. StreamStateCodec.Encode(Smallest).Span, 1, 1, (byte)'r']));

    [Fact]
    public void Decode_WhatWasEncoded_GivesTheSameBytesAgain()
    {
        foreach (var state in new[] { Smallest, Fullest, Smallest with { CreateRequestId = "r" } })
        {
            var encoded = StreamStateCodec.Encode(state);
            Assert.Equal(encoded.ToArray(), StreamStateCodec.Encode(StreamStateCodec.Decode(encoded)).ToArray());
        }
    }

    [Fact]
    public void Decode_NewerVersion_NamesBoth()
    {
        var encoded = StreamStateCodec.Encode(Smallest).ToArray();
        encoded[0] = 2;

        var e = Assert.Throws<LogDamagedException>(() => StreamStateCodec.Decode(encoded));
        Assert.Contains("version 2", e.Message, StringComparison.Ordinal);
        Assert.Contains("version 1", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decode_DamagedBytes_GivesAStateOrSaysDamaged()
    {
        var encoded = StreamStateCodec.Encode(Fullest).ToArray();
        Prop.ForAll<int, byte, int>((position, value, length) =>
        {
            var damaged = encoded[..(int)((uint)length % (encoded.Length + 1))];
            if (damaged.Length > 0)
            {
                damaged[(int)((uint)position % damaged.Length)] = value;
            }

            try
            {
                StreamStateCodec.Decode(damaged);
            }
            catch (LogDamagedException)
            {
                // The expected answer to most damage.
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));
    }
}
