using EventCluster.Delivery;
using EventCluster.Protocol;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace EventCluster.Edge.Tests;

public sealed class EdgeOptionsTests
{
    [Fact]
    public void Validate_Defaults_AreUsable() => Assert.Empty(new EdgeOptions().Validate());

    [Fact]
    public void Validate_ManyFaults_AreReportedTogether()
    {
        var options = new EdgeOptions
        {
            LongPollTimeout = TimeSpan.Zero,
            SseHeartbeat = TimeSpan.FromSeconds(121),
            RetryMilliseconds = 99,
            MaxSseSlice = DeliveryLimits.MaxSliceBytes + 1,
            AllowedHosts = [],
        };
        Assert.Equal(5, options.Validate().Count);
    }

    /// <summary>CORRECTNESS rule 17: what one connection can make the server hold is bounded and known.</summary>
    [Fact]
    public void EdgeLimits_Relations_Hold()
    {
        Assert.Equal(512L * (16 + 16) * 1024, EdgeLimits.MaxBytesPerHttp2Connection);
        Assert.Equal(EdgeLimits.Http2SliceBytes, 2 * EdgeLimits.Http2SocketSliceBytes);
        Assert.Equal((16 + 64) * 1024, EdgeLimits.MaxBytesPerStalledResponse);
        Assert.Equal((16 + 64 + 64) * 1024, EdgeLimits.MaxBytesPerStalledWebSocket);
        Assert.True(2 * EdgeLimits.SocketPartBytes <= DeliveryLimits.MaxSliceBytes);
        Assert.True(EdgeLimits.AnswerFlushBytes <= DeliveryLimits.MaxSliceBytes);
        Assert.True(EdgeLimits.MaxBytesPerSlowReader < 64 * 1024);
        Assert.True(
            EdgeLimits.MaxBytesPerSlowHubConnection >= EdgeLimits.HubBufferBytes + DeliveryLimits.MaxSliceBytes
            + (EdgeLimits.MaxStreamsPerSession * EdgeLimits.SmallestHubSliceBytes) + EdgeLimits.ResponseBufferBytes);
        Assert.True(EdgeLimits.MaxBytesPerSlowHubConnection < 512 * 1024);
        Assert.True(EdgeLimits.MaxHubCallsInFlight * EdgeLimits.MaxWebSocketMessageBytes <= ProtocolLimits.MaxRequestBodyBytes);
        Assert.True(EdgeLimits.HubClientTimeout >= 2 * EdgeLimits.HubKeepAlive);
        Assert.True(EdgeLimits.MaxDrainedBodyBytes > ProtocolLimits.MaxRequestBodyBytes);
        var longestList = EdgeLimits.MaxStreamsPerSession
            * ("&stream=".Length + (3 * ProtocolLimits.MaxStreamNameBytes) + "&offset=".Length + StreamOffset.TextLength);
        Assert.True(EdgeLimits.MaxTargetBytes > longestList + 4096);
        Assert.True(EdgeLimits.MaxTargetBytes < EdgeLimits.MaxRequestLineBytes);
        Assert.True(EdgeLimits.MaxRequestLineBytes < EdgeLimits.MaxRequestHeaderBytes);
        Assert.True(EdgeLimits.MaxStreamsBodyBytes > EdgeLimits.MaxStreamsPerSession * ((6 * ProtocolLimits.MaxStreamNameBytes) + 128));
        Assert.True(EdgeLimits.UncountedHeadBytes >= (3 * ProtocolLimits.MaxStreamNameBytes) + 4096);
        Assert.True(EdgeLimits.Http2HeldHeadBytes >= 16 * EdgeLimits.MaxRequestHeaderBytes);
        Assert.True(new EdgeOptions().MaxSseSlice <= DeliveryLimits.MaxSliceBytes);
        Assert.True(new EdgeOptions().FrameCacheBytes > 4 * ProtocolLimits.MaxEventBytes);
    }

    [Fact]
    public void KestrelLimits_Apply_SetsEveryBound()
    {
        var server = new KestrelServerOptions();
        KestrelLimits.Apply(server, new EdgeOptions { MaxConnections = 7 });
        Assert.False(server.AddServerHeader);
        Assert.Equal(7, server.Limits.MaxConcurrentConnections);
        Assert.Equal(EdgeLimits.MaxRequestHeaders, server.Limits.MaxRequestHeaderCount);
        Assert.Equal(EdgeLimits.ResponseBufferBytes, server.Limits.MaxResponseBufferSize);
        Assert.Equal(EdgeLimits.MaxRequestLineBytes, server.Limits.MaxRequestLineSize);
        Assert.Equal(EdgeLimits.MaxRequestHeaderBytes, server.Limits.MaxRequestHeadersTotalSize);
        Assert.Equal(EdgeLimits.RequestBufferBytes, server.Limits.MaxRequestBufferSize);
        Assert.True(server.Limits.MaxRequestBufferSize >= server.Limits.MaxRequestHeadersTotalSize);
        Assert.Equal(EdgeLimits.MaxRequestLineBytes, server.Limits.Http2.MaxRequestHeaderFieldSize);
        Assert.Equal(EdgeLimits.Http2HeaderTableBytes, server.Limits.Http2.HeaderTableSize);
        Assert.Equal(EdgeLimits.Http2ConnectionWindowBytes, server.Limits.Http2.InitialConnectionWindowSize);
        Assert.Equal(EdgeLimits.Http2StreamWindowBytes, server.Limits.Http2.InitialStreamWindowSize);
        Assert.InRange(server.Limits.RequestHeadersTimeout, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30));
        Assert.True(server.Limits.KeepAliveTimeout > TimeSpan.FromSeconds(120));
        Assert.NotNull(server.Limits.MinRequestBodyDataRate);
        Assert.NotNull(server.Limits.MinResponseDataRate);
        Assert.InRange(server.Limits.Http2.KeepAlivePingDelay, TimeSpan.FromSeconds(1), new EdgeOptions().SseHeartbeat);
        Assert.InRange(server.Limits.Http2.KeepAlivePingTimeout, TimeSpan.FromSeconds(1), new EdgeOptions().SseHeartbeat);
        Assert.Equal(EdgeLimits.Http2StreamsPerConnection, server.Limits.Http2.MaxStreamsPerConnection);
        Assert.Equal(EdgeLimits.MaxDrainedBodyBytes, server.Limits.MaxRequestBodySize);
    }

    /// <summary>A client that has not seen the settings yet relies on the initial values of RFC 9113 6.5.2.</summary>
    [Fact]
    public void KestrelLimits_Apply_AnnouncesNothingBelowTheInitialValuesOfHttp2()
    {
        var server = new KestrelServerOptions();
        KestrelLimits.Apply(server, new EdgeOptions());
        var http2 = server.Limits.Http2;
        Assert.True(http2.HeaderTableSize >= 4_096);
        Assert.True(http2.InitialStreamWindowSize >= 65_535);
        Assert.True(http2.InitialConnectionWindowSize >= 65_535);
        Assert.True(http2.MaxFrameSize >= 16_384);
    }
}
