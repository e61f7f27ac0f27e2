using System.Net;
using System.Net.Sockets;
using EventCluster.Edge.Peers;
using EventCluster.TestKit;
using EventCluster.TestKit.Network;

namespace EventCluster.Edge.Tests.Peers;

/// <summary>What Linux says about clients that are fine, slow, and gone.</summary>
public sealed class TcpInfoProbeTests : IDisposable
{
    private readonly TcpInfoProbe _probe = new();
    private readonly Socket _client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
    private readonly Socket _server;

    public TcpInfoProbeTests()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _client.Connect(listener.LocalEndpoint);
        _server = listener.AcceptSocket();
        _server.Blocking = false;
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    [Fact]
    public async Task Look_AClientThatTakesEverything_OwesNothing()
    {
        OnLinuxOnly();
        _server.Send(new byte[100]);
        var signs = await UntilAsync("acknowledged", s => s.InFlight == 0);
        Assert.Equal((0, 0), (signs.Resent, signs.UnansweredProbes));
        Assert.False(signs.IsGone(TimeSpan.Zero));
    }

    [Fact]
    public async Task Look_AClientThatTakesNothing_OwesNothing()
    {
        OnLinuxOnly();
        FillBuffers();

        // The window is closed, and the client answers each question about it.
        var signs = await UntilAsync("probed", s => s.InFlight == 0 && s.SinceLastAck > TimeSpan.FromMilliseconds(300));
        Assert.False(signs.IsGone(TimeSpan.Zero));
    }

    [Fact]
    public async Task Look_AClientBehindACutCable_OwesWhatWasSent()
    {
        OnLinuxOnly();
        Assert.True(PacketFilter.TryDropAll(_client));
        _server.Send(new byte[100]);
        var signs = await UntilAsync("sent again", s => s.InFlight > 0 && s.Resent > 0);
        Assert.True(signs.IsGone(signs.SinceLastAck));
    }

    [Fact]
    public async Task Look_ACableCutWhileTheClientTookNothing_HasQuestionsUnanswered()
    {
        OnLinuxOnly();
        FillBuffers();
        await UntilAsync("window closed", s => s.InFlight == 0);
        Assert.True(PacketFilter.TryDropAll(_client));
        var signs = await UntilAsync("asked twice", s => s.UnansweredProbes > 1);
        Assert.True(signs.IsGone(signs.SinceLastAck));
    }

    [Fact]
    public void Look_AClosedSocket_IsNoSign()
    {
        _server.Dispose();
        Assert.Null(_probe.Look(_server));
    }

    private static void OnLinuxOnly() => Assert.SkipUnless(OperatingSystem.IsLinux(), "Other systems cannot tell.");

    private void FillBuffers()
    {
        try
        {
            while (true)
            {
                _server.Send(new byte[64 * 1024]);
            }
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.WouldBlock)
        {
            // Full.
        }
    }

    private Task<PeerSigns> UntilAsync(string phase, Func<PeerSigns, bool> reached) => Phase.UntilAsync(
        phase, "other signs", () => _probe.Look(_server)!.Value, reached, Cancel);
}
