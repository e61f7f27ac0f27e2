using System.Text;
using EventCluster.Orleans.Connections;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Orleans.Tests.Connections;

/// <summary>Who gets through the handshake of a cluster's connections, and what the others learn.</summary>
public sealed class HandshakeTests
{
    private const string One = "canary-0123456789abcdef0123456789abcdef";
    private const string Another = "canary-fedcba9876543210fedcba9876543210";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<ClusterPort, string?, string?, string, ClusterPort, string?> Pairs => new()
    {
        { ClusterPort.Silo, One, One, "north", ClusterPort.Silo, null },
        { ClusterPort.Gateway, One, One, "north", ClusterPort.Gateway, null },
        { ClusterPort.Silo, null, null, "north", ClusterPort.Silo, null },
        { ClusterPort.Gateway, null, null, "north", ClusterPort.Gateway, null },
        { ClusterPort.Silo, One, Another, "north", ClusterPort.Silo, "different values" },
        { ClusterPort.Gateway, One, Another, "north", ClusterPort.Gateway, "different values" },
        { ClusterPort.Silo, One, null, "north", ClusterPort.Silo, "has none" },
        { ClusterPort.Gateway, One, null, "north", ClusterPort.Gateway, "has none" },
        { ClusterPort.Silo, null, One, "north", ClusterPort.Silo, "no Cluster:Secret" },
        { ClusterPort.Gateway, null, One, "north", ClusterPort.Gateway, "no Cluster:Secret" },
        { ClusterPort.Silo, One, One, "south", ClusterPort.Silo, "another name" },
        { ClusterPort.Gateway, null, null, "south", ClusterPort.Gateway, "another name" },
        { ClusterPort.Silo, One, One, "north", ClusterPort.Gateway, "silo port" },
        { ClusterPort.Gateway, One, One, "north", ClusterPort.Silo, "gateway port" },
    };

    /// <summary>Goal: only equals get through, at both ends or at none, and both ends say why. The acceptor's side comes first.</summary>
    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Handshake_TwoEnds_PassOnlyWhenTheyAreOfOneClusterAndPort(
        ClusterPort connecting, string? mine, string? theirs, string theirCluster, ClusterPort accepting, string? refusal)
    {
        var (one, other) = PipeConnection.Pair();
        var connector = new HandshakeEnd(connecting, mine);
        var acceptor = new HandshakeEnd(accepting, theirs, theirCluster);

        await RunAsync(connector, one, acceptor, other);

        Assert.Equal(refusal is null ? 1 : 0, connector.Passed);
        Assert.Equal(refusal is null ? 1 : 0, acceptor.Passed);
        Assert.Equal(refusal is null ? 0 : 1, acceptor.Lines.Count);
        Assert.Equal(refusal is null ? 0 : 1, connector.Lines.Count);
        Assert.All(acceptor.Lines.Concat(connector.Lines), line => Assert.DoesNotContain("canary", line, StringComparison.Ordinal));
        if (refusal is not null)
        {
            Assert.Contains(acceptor.Lines, line => line.Contains(refusal, StringComparison.Ordinal));
            Assert.Contains(connector.Lines, line => line.Contains(refusal, StringComparison.Ordinal));
        }
    }

    /// <summary>Goal: what was heard on one connection is worth nothing on the next. Method: its bytes are sent again.</summary>
    [Theory]
    [InlineData(ClusterPort.Silo)]
    [InlineData(ClusterPort.Gateway)]
    public async Task Handshake_Replayed_IsRefusedAndNeverHeldTheSecret(ClusterPort port)
    {
        var acceptor = new HandshakeEnd(port, One);
        var heard = await RecordAsync(new HandshakeEnd(port, One), acceptor);
        Assert.Equal(1, acceptor.Passed);
        Assert.DoesNotContain(One, Encoding.Latin1.GetString(heard), StringComparison.Ordinal);

        var (one, other) = PipeConnection.Pair();
        var accepting = acceptor.AcceptAsync(other);
        await one.Transport.Output.WriteAsync(heard, Cancellation);
        await Phase.OfAsync("the replay is refused", accepting);

        Assert.Equal(1, acceptor.Passed);
        Assert.Contains("different values", Assert.Single(acceptor.Lines), StringComparison.Ordinal);
    }

    public static TheoryData<ClusterPort, string?, byte[], bool> FirstBytes => new()
    {
        { ClusterPort.Silo, One, OrleansHello, false },
        { ClusterPort.Silo, null, OrleansHello, false },
        { ClusterPort.Gateway, One, OrleansHello, false },
        { ClusterPort.Gateway, null, OrleansHello, true },
        { ClusterPort.Silo, One, "GET / HTTP/1.1\r\n\r\n"u8.ToArray(), false },
        { ClusterPort.Silo, One, [0xFF, 0xFF, 0xFF, 0x7F, 0xEC], false },
        { ClusterPort.Gateway, null, [0xFF, 0xFF, 0xFF, 0x7F, 0xEC, 1], false },
        { ClusterPort.Silo, One, [0, 0, 0, 0, 0], false },
        { ClusterPort.Silo, One, [1, 0, 0, 0, 0xEC], false },
        { ClusterPort.Gateway, One, [36, 0, 0, 0, 0xEC, 9, 2, 1, .. new byte[32]], false },
        { ClusterPort.Gateway, One, [36, 0, 0, 0, 0xEC, 1, 2, 1, .. new byte[32], 33, 0, 0, 0, 0xEE, .. new byte[32]], false },
        { ClusterPort.Gateway, One, [36, 0, 0, 0, 0xEC, 1, 2, 1, .. new byte[32], 1, 0, 0, 0, 0xEE], false },
        { ClusterPort.Silo, One, [], false },
    };

    // How Orleans begins: a length, then its preamble.
    private static byte[] OrleansHello => [60, 0, 0, 0, .. Enumerable.Repeat((byte)0x41, 60)];

    /// <summary>Goal: a stranger gets through nowhere but at a gateway without a secret, where Orleans sees its first byte.</summary>
    [Theory]
    [MemberData(nameof(FirstBytes))]
    public async Task Handshake_Stranger_IsRefusedWithOneLine(ClusterPort port, string? secret, byte[] bytes, bool passes)
    {
        var (one, other) = PipeConnection.Pair();
        var acceptor = new HandshakeEnd(port, secret);

        var accepting = acceptor.AcceptAsync(other);
        await one.Transport.Output.WriteAsync(bytes, Cancellation);
        one.End();
        await Phase.OfAsync("the stranger is answered", accepting);

        Assert.Equal(passes ? 1 : 0, acceptor.Passed);
        Assert.Equal(passes || bytes.Length == 0 ? 0 : 1, acceptor.Lines.Count);
        if (passes)
        {
            Assert.Equal(bytes, (await other.Transport.Input.ReadAsync(Cancellation)).Buffer.FirstSpan.ToArray());
        }
    }

    /// <summary>Goal: connections that say nothing are bounded in number and in time, and keep nobody out.</summary>
    [Theory]
    [InlineData(ClusterPort.Silo)]
    [InlineData(ClusterPort.Gateway)]
    public async Task Handshake_HalfOpenByTheHundred_AreEndedAndKeepNobodyOut(ClusterPort port)
    {
        const int Most = 32;
        var time = new VirtualTimeProvider();
        var acceptor = new HandshakeEnd(port, One, time: time, maxHandshakes: Most);
        var silent = Enumerable.Range(0, 400).Select(_ => PipeConnection.Pair()).ToList();
        var accepting = silent.ConvertAll(pair => acceptor.AcceptAsync(pair.Other));
        await Phase.UntilAsync(
            "all but the newest are ended", $"{silent.Count - Most}", () => accepting.Count(task => task.IsCompleted),
            ended => ended == silent.Count - Most, Cancellation);

        var (one, other) = PipeConnection.Pair();
        await RunAsync(new HandshakeEnd(port, One), one, acceptor, other);
        Assert.Equal(1, acceptor.Passed);

        time.Advance(TimeSpan.FromSeconds(5.1));
        await Phase.OfAsync("the rest is ended", Task.WhenAll(accepting));
        Assert.All(silent, pair => Assert.True(pair.Other.IsAborted));
        Assert.Equal(1, acceptor.Passed);
    }

    /// <summary>Goal: further steps run after the secret, on both ends, and a refusal reaches the other end.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("the two ends have different databases")]
    public async Task Handshake_FurtherStep_RunsOnBothEndsAndItsRefusalIsTold(string? refusal)
    {
        var (one, other) = PipeConnection.Pair();
        var connector = new HandshakeEnd(ClusterPort.Silo, One, steps: [new EchoStep(null)]);
        var acceptor = new HandshakeEnd(ClusterPort.Silo, One, steps: [new EchoStep(refusal)]);

        await RunAsync(connector, one, acceptor, other);

        Assert.Equal(refusal is null ? 1 : 0, connector.Passed);
        Assert.Equal(refusal is null ? 1 : 0, acceptor.Passed);
        Assert.Equal(refusal is not null, connector.Lines.Any(line => line.Contains($"the other end says: {refusal}", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("north", "north-5f3a", null)]
    [InlineData("north-5f3a", "north-5f3a", null)]
    [InlineData("north-0000", "north-5f3a", "'north-0000'")]
    public async Task Publisher_ThatKnowsTheName_TakesOverTheIdentityAndNoOther(string known, string identity, string? refusal)
    {
        var (one, other) = PipeConnection.Pair();
        var publisher = new HandshakeEnd(ClusterPort.Gateway, One, identity: known);
        var silo = new HandshakeEnd(ClusterPort.Gateway, One, identity: identity);

        await RunAsync(publisher, one, silo, other);

        Assert.Equal(refusal is null ? 1 : 0, publisher.Passed);
        Assert.Equal(refusal is null ? identity : known, publisher.Names.ClusterId);
        Assert.Equal(refusal is not null, publisher.Lines.Any(line => line.Contains(refusal ?? "?", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("too short, canary")]
    [InlineData("   0123456789012345678901234567890   ")]
    [InlineData("")]
    public void Secret_TooShort_IsRefusedWithoutShowingIt(string text)
    {
        var fault = Assert.Throws<FormatException>(() => ClusterSecret.Parse(text));

        Assert.DoesNotContain("canary", fault.Message, StringComparison.Ordinal);
        Assert.Contains("32", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", ClusterSecret.Parse(One).ToString(), StringComparison.Ordinal);
    }

    private static async Task RunAsync(HandshakeEnd connector, PipeConnection one, HandshakeEnd acceptor, PipeConnection other)
    {
        var accepting = acceptor.AcceptAsync(other);
        await Phase.OfAsync("the connector decides", connector.ConnectAsync(one));
        await Phase.OfAsync("the acceptor decides", accepting);
    }

    /// <summary>Runs a handshake with somebody in between, who keeps what the connector sent.</summary>
    private static async Task<byte[]> RecordAsync(HandshakeEnd connector, HandshakeEnd acceptor)
    {
        var (one, left) = PipeConnection.Pair();
        var (right, other) = PipeConnection.Pair();
        var heard = new MemoryStream();
        var there = CopyAsync(left, right, heard);
        var back = CopyAsync(right, left, Stream.Null);
        await RunAsync(connector, one, acceptor, other);
        one.End();
        other.End();
        await Phase.OfAsync("everything was passed on", Task.WhenAll(there, back));
        return heard.ToArray();
    }

    private static async Task CopyAsync(PipeConnection from, PipeConnection to, Stream heard)
    {
        while (await from.Transport.Input.ReadAsync(Cancellation) is { } read && (!read.IsCompleted || !read.Buffer.IsEmpty))
        {
            foreach (var part in read.Buffer)
            {
                heard.Write(part.Span);
                await to.Transport.Output.WriteAsync(part, Cancellation);
            }

            from.Transport.Input.AdvanceTo(read.Buffer.End);
        }
    }

    private sealed class EchoStep(string? refusal) : IHandshakeStep
    {
        public bool AppliesTo(ClusterPort port) => port == ClusterPort.Silo;

        public async Task ConnectAsync(HandshakePeer peer, CancellationToken cancellationToken)
        {
            await peer.SendAsync(HandshakePeer.FirstFreeType, "ping"u8.ToArray(), cancellationToken);
            Assert.Equal("ping"u8.ToArray(), await peer.ReceiveAsync(HandshakePeer.FirstFreeType, cancellationToken));
        }

        public async Task AcceptAsync(HandshakePeer peer, CancellationToken cancellationToken)
        {
            var asked = await peer.ReceiveAsync(HandshakePeer.FirstFreeType, cancellationToken);
            if (refusal is not null)
            {
                throw new HandshakeRefusedException(refusal);
            }

            await peer.SendAsync(HandshakePeer.FirstFreeType, asked, cancellationToken);
        }
    }
}
