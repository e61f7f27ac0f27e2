using EventCluster.Edge.Tests.Server;

namespace EventCluster.Edge.Tests.Streams;

/// <summary>What an answer costs beside its events, counted on the wire.</summary>
public sealed class HeaderSizeTests
{
    private const int Plain = 475;
    private const int WithOrigin = 690;
    private const string LongOrigin = "http://localhost:65535";

    [Theory]
    [InlineData("")]
    [InlineData("?offset=-1&limit=2")]
    [InlineData("?offset=now")]
    [InlineData("?last=2")]
    [InlineData("?offset=-1&live=long-poll")]
    [InlineData("?offset=-1&live=long-poll&cursor=99999999999")]
    [InlineData("?offset=00000010000000000003&live=long-poll")]
    public async Task Get_OfAJsonStream_KeepsItsHeadersShort(string query)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "application/json", "[1,2,3]", "Stream-Closed: true");
        var plain = await server.SendAsync("GET", "/v1/stream/a" + query);
        var cross = await server.SendAsync("GET", "/v1/stream/a" + query, null, $"Origin: {LongOrigin}");

        Assert.Equal(LongOrigin, cross["Access-Control-Allow-Origin"]);
        Assert.InRange(plain.HeaderBlock.Length + 4, 1, Plain);
        Assert.InRange(cross.HeaderBlock.Length + 4, 1, WithOrigin);
    }
}
