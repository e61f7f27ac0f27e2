using EventCluster.Edge.Http;
using EventCluster.Protocol;
using Microsoft.AspNetCore.Http;

namespace EventCluster.Edge.Tests.Http;

public sealed class HeaderFieldsTests
{
    [Theory]
    [InlineData("true", true)]
    [InlineData("TRUE", true)]
    [InlineData("True", true)]
    [InlineData("false", false)]
    [InlineData("1", false)]
    [InlineData("yes", false)]
    [InlineData("", false)]
    [InlineData(" true", false)]
    public void IsClosed_OnlyTrueInAnyCase_Counts(string value, bool expected) =>
        Assert.Equal(expected, HeaderFields.IsClosed(With(HeaderNames.Closed, value)));

    [Theory]
    [InlineData("0", 0)]
    [InlineData("3600", 3600)]
    [InlineData("3162240000", 3162240000)]
    public void TryExpiry_ValidTtl_IsRead(string text, long expected)
    {
        Assert.True(HeaderFields.TryExpiry(With(HeaderNames.Ttl, text), out var ttl, out var expires, out _));
        Assert.Equal(expected, ttl);
        Assert.Null(expires);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("+60")]
    [InlineData("060")]
    [InlineData("60.5")]
    [InlineData("1e3")]
    [InlineData("abc")]
    [InlineData(" 60")]
    [InlineData("3162240001")]
    [InlineData("99999999999999999999999999")]
    [InlineData("٣")]
    public void TryExpiry_InvalidTtl_IsRefused(string text) =>
        Assert.False(HeaderFields.TryExpiry(With(HeaderNames.Ttl, text), out _, out _, out _));

    [Theory]
    [InlineData("2030-01-31T12:00:00Z", "2030-01-31T12:00:00Z")]
    [InlineData("2030-01-31t12:00:00z", "2030-01-31T12:00:00Z")]
    [InlineData("2030-01-31T12:00:00.123456Z", "2030-01-31T12:00:00.123456Z")]
    [InlineData("2030-01-31T12:00:00+02:00", "2030-01-31T10:00:00Z")]
    [InlineData("2030-01-31T12:00:00.5-01:30", "2030-01-31T13:30:00.5Z")]
    public void TryExpiry_ValidInstant_IsReadInUtc(string text, string expected)
    {
        Assert.True(HeaderFields.TryExpiry(With(HeaderNames.ExpiresAt, text), out _, out var expires, out _));
        Assert.Equal(expected, Rfc3339.Format(expires!.Value));
    }

    [Theory]
    [InlineData("")]
    [InlineData("tomorrow")]
    [InlineData("2030-01-31")]
    [InlineData("2030-01-31T12:00:00")]
    [InlineData("2030-02-30T12:00:00Z")]
    [InlineData("2030-01-31T25:00:00Z")]
    [InlineData("2030-01-31 12:00:00Z")]
    [InlineData("2030-01-31T12:00:00+0200")]
    [InlineData("1893456000")]
    [InlineData("Thu, 31 Jan 2030 12:00:00 GMT")]
    public void TryExpiry_InvalidInstant_IsRefused(string text) =>
        Assert.False(HeaderFields.TryExpiry(With(HeaderNames.ExpiresAt, text), out _, out _, out _));

    [Fact]
    public void TryExpiry_Both_IsRefused()
    {
        var headers = With(HeaderNames.Ttl, "60");
        headers[HeaderNames.ExpiresAt] = "2030-01-31T12:00:00Z";
        Assert.False(HeaderFields.TryExpiry(headers, out _, out _, out var fault));
        Assert.Contains("exclude", fault.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void TryProducer_AllThree_AreRead()
    {
        Assert.True(HeaderFields.TryProducer(Producer("p", "0", "9007199254740991"), out var producer, out _));
        Assert.Equal(("p", 0, 9007199254740991), (producer!.Id, producer.Epoch, producer.Sequence));
        Assert.True(HeaderFields.TryProducer(new HeaderDictionary(), out var none, out _));
        Assert.Null(none);
    }

    [Theory]
    [InlineData(null, "0", "0")]
    [InlineData("p", null, "0")]
    [InlineData("p", "0", null)]
    [InlineData("", "0", "0")]
    [InlineData("p", "-1", "0")]
    [InlineData("p", "0", "9007199254740992")]
    [InlineData("p", "01", "0")]
    [InlineData("p", "0", "1.0")]
    [InlineData("p", "0x1", "0")]
    public void TryProducer_IncompleteOrOutOfRange_IsRefused(string? id, string? epoch, string? sequence)
    {
        Assert.False(HeaderFields.TryProducer(Producer(id, epoch, sequence), out _, out var fault));
        Assert.Equal((400, ErrorCode.InvalidProducer), (fault.Status, fault.Code));
    }

    [Fact]
    public void TryProducer_IdAtTheLimitAndOneAbove_AcceptsThenRefuses()
    {
        Assert.True(HeaderFields.TryProducer(Producer(new string('p', 256), "0", "0"), out _, out _));
        Assert.False(HeaderFields.TryProducer(Producer(new string('p', 257), "0", "0"), out _, out _));
        Assert.False(HeaderFields.TryProducer(Producer(new string('ä', 129), "0", "0"), out _, out _));
        Assert.True(HeaderFields.TryStreamSeq(With(HeaderNames.StreamSeq, new string('p', 256)), out _, out _));
        Assert.False(HeaderFields.TryStreamSeq(With(HeaderNames.StreamSeq, new string('p', 257)), out _, out _));
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("0000000000000000_0000000000000000")]
    public void TryFork_LiteralsForTheBeginning_MeanFromStart(string offset)
    {
        var headers = With(HeaderNames.ForkedFrom, "/v1/stream/a%2Fb");
        headers[HeaderNames.ForkOffset] = offset;
        headers[HeaderNames.ForkSubOffset] = "3";
        Assert.True(HeaderFields.TryFork(headers, out var fork, out _));
        Assert.Equal(("a/b", true, null, 3L), (fork!.Source.Value, fork.FromStart, fork.Offset, fork.SubOffset));
    }

    [Theory]
    [InlineData(null, "-1", null)]
    [InlineData(null, null, "0")]
    [InlineData("a", null, null)]
    [InlineData("http://localhost/v1/stream/a", null, null)]
    [InlineData("/v1/stream/", null, null)]
    [InlineData("/v1/stream/a//b", null, null)]
    [InlineData("/v1/stream/%zz", null, null)]
    [InlineData("/v1/stream/a", "now", null)]
    [InlineData("/v1/stream/a", "9999999999999999_9999999999999999", null)]
    [InlineData("/v1/stream/a", "", null)]
    [InlineData("/v1/stream/a", null, "1")]
    [InlineData("/v1/stream/a", "-1", "-1")]
    [InlineData("/v1/stream/a", "-1", "01")]
    [InlineData("/v1/stream/a", "-1", "x")]
    public void TryFork_Malformed_IsRefused(string? from, string? offset, string? subOffset)
    {
        var headers = new HeaderDictionary();
        Set(headers, HeaderNames.ForkedFrom, from);
        Set(headers, HeaderNames.ForkOffset, offset);
        Set(headers, HeaderNames.ForkSubOffset, subOffset);
        Assert.False(HeaderFields.TryFork(headers, out _, out var fault));
        Assert.Equal(400, fault.Status);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("1k")]
    [InlineData("")]
    [InlineData("9007199254740992")]
    public void TryRetention_OutOfRange_NamesTheHeader(string value)
    {
        foreach (var name in new[] { HeaderNames.RetainEvents, HeaderNames.RetainBytes, HeaderNames.RetainAge })
        {
            Assert.False(HeaderFields.TryRetention(With(name, value), out _, out var fault));
            Assert.Contains(name, fault.Detail, StringComparison.Ordinal);
        }
    }

    private static HeaderDictionary Producer(string? id, string? epoch, string? sequence)
    {
        var headers = new HeaderDictionary();
        Set(headers, HeaderNames.ProducerId, id);
        Set(headers, HeaderNames.ProducerEpoch, epoch);
        Set(headers, HeaderNames.ProducerSeq, sequence);
        return headers;
    }

    private static HeaderDictionary With(string name, string value) => new() { [name] = new([value]) };

    private static void Set(HeaderDictionary headers, string name, string? value)
    {
        if (value is not null)
        {
            headers[name] = new([value]);
        }
    }
}
