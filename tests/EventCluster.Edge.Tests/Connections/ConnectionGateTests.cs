using System.Net.Sockets;
using EventCluster.Edge.Connections;
using EventCluster.TestKit;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EventCluster.Edge.Tests.Connections;

/// <summary>Who enters, and how often a refusal is logged.</summary>
public sealed class ConnectionGateTests : ILogger<ConnectionGate>
{
    private readonly VirtualTimeProvider _clock = new();
    private readonly List<string> _lines = [];

    [Fact]
    public void TryEnter_AtTheLimit_RefusesUntilSomebodyLeaves()
    {
        var gate = Gate(connections: 3);
        Assert.Equal([true, true, true, false, false], Enumerable.Range(0, 5).Select(i => gate.TryEnter(i)));
        Assert.Equal((3, 2L), (gate.Open, gate.Refused));
        gate.Leave();
        Assert.True(gate.TryEnter(7));
        Assert.False(gate.TryEnter(8));
        Assert.Equal(3, gate.Open);
    }

    /// <summary>Kestrel forgets connections of HTTP/2 whose clients reset them; their places must not stay taken.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Closed_ButNeverLetGo_LeavesAfterAWhile(bool isDisposedLate)
    {
        var gate = Gate(connections: 2);
        using var ended = new CancellationTokenSource();
        var (forgotten, wellKept) = (Enter(ended.Token), Enter(CancellationToken.None));
        await ended.CancelAsync();

        _clock.Advance(ConnectionGate.AbandonAfter - TimeSpan.FromSeconds(1));
        Assert.False(gate.TryEnter(2));
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(gate.TryEnter(3));
        Assert.Equal(2, gate.Open);
        if (isDisposedLate)
        {
            await forgotten.DisposeAsync();
        }

        Assert.True(forgotten.IsGone);
        Assert.Equal(2, gate.Open);
        await wellKept.DisposeAsync();
        Assert.Equal(1, gate.Open);

        CountedConnection Enter(CancellationToken closed)
        {
            Assert.True(gate.TryEnter(1));
            return new CountedConnection(new DefaultConnectionContext { ConnectionClosed = closed }, gate);
        }
    }

    /// <summary>A client that closed its direction only goes on reading: its connection is neither cut nor forgotten.</summary>
    [Fact]
    public async Task Closed_InOneDirection_StaysCountedWhileItsDescriptorIsOpen()
    {
        var gate = Gate(connections: 1);
        using var ended = new CancellationTokenSource();
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        var context = new DefaultConnectionContext { ConnectionClosed = ended.Token };
        context.Features.Set<IConnectionSocketFeature>(new SocketOf(socket));
        Assert.True(gate.TryEnter(1));
        await using var connection = new CountedConnection(context, gate);
        await ended.CancelAsync();
        for (var i = 0; i < 5; i++)
        {
            _clock.Advance(ConnectionGate.AbandonAfter);
            Assert.False(gate.TryEnter(2));
        }

        socket.Dispose();
        _clock.Advance(ConnectionGate.AbandonAfter);
        Assert.True(gate.TryEnter(3));
        Assert.True(connection.IsGone);
    }

    /// <summary>One that is let go of as it should be leaves once, whichever comes first.</summary>
    [Fact]
    public async Task Closed_AndLetGo_LeavesOnce()
    {
        var gate = Gate(connections: 5);
        for (var i = 0; i < 20; i++)
        {
            using var ended = new CancellationTokenSource();
            Assert.True(gate.TryEnter(i));
            var connection = new CountedConnection(new DefaultConnectionContext { ConnectionClosed = ended.Token }, gate);
            await ended.CancelAsync();
            _clock.Advance(ConnectionGate.AbandonAfter * (i % 3));
            await connection.DisposeAsync();
            await connection.DisposeAsync();
        }

        Assert.Equal(0, gate.Open);
    }

    /// <summary>Others than connections took descriptors: those that are kept stay free, whatever the count says.</summary>
    [Theory]
    [InlineData(99, true)]
    [InlineData(100, false)]
    [InlineData(500, false)]
    public void TryEnter_DescriptorIsAReservedOne_Refuses(long descriptor, bool enters)
    {
        var gate = Gate(connections: 1_000, firstReserved: 100);
        Assert.Equal(enters, gate.TryEnter(descriptor));
        Assert.Equal(enters ? 1 : 0, gate.Open);
    }

    [Fact]
    public void TryEnterReserve_WhileFull_TakesAFewAndCountsThemApart()
    {
        var gate = Gate(connections: 1);
        Assert.True(gate.TryEnter(0));
        var reserve = Enumerable.Range(0, ConnectionGate.AdministrationReserve).Select(_ => gate.TryEnterReserve()!).ToList();
        Assert.All(reserve, Assert.NotNull);
        reserve.ForEach(gate.NoteQuestion);

        Assert.Null(gate.TryEnterReserve());
        Assert.Equal((1, ConnectionGate.AdministrationReserve), (gate.Open, gate.Reserved));
        gate.Leave(reserve[0]);
        Assert.NotNull(gate.TryEnterReserve());
        gate.Leave();
        Assert.Equal((0, ConnectionGate.AdministrationReserve), (gate.Open, gate.Reserved));
        Assert.True(gate.TryEnter(1));
    }

    /// <summary>Whoever came first and asks nothing is closed for whoever comes; who asked stays; those on their way out are bounded, too.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(ConnectionGate.AdministrationReserve - 1)]
    public void TryEnterReserve_TakenBySilentOnes_ClosesTheOldestOfThem(int asking)
    {
        const int Size = ConnectionGate.AdministrationReserve;
        var gate = Gate(connections: 1);
        List<int> closed = [];
        var reserve = Enumerable.Range(0, Size).Select(i => Enter(gate, i, closed)!).ToList();
        reserve.Take(asking).ToList().ForEach(gate.NoteQuestion);

        for (var i = Size; i < 2 * Size; i++)
        {
            var next = Enter(gate, i, closed);
            Assert.NotNull(next);
            reserve.Add(next);
        }

        Assert.Equal(Enumerable.Range(0, 2 * Size).Skip(asking).Take(Size), closed);
        Assert.Equal(Size, gate.Reserved);
        Assert.Null(Enter(gate, 2 * Size, closed));
        gate.Leave(reserve[closed[0]]);
        Assert.NotNull(Enter(gate, 2 * Size, closed));
        Assert.Equal(Size + 1, closed.Count);
        Assert.Equal(Size, gate.Reserved);
    }

    [Fact]
    public void TryEnterReserve_ClosedBeforeItIsAConnection_IsClosedWhenItIs()
    {
        var gate = Gate(connections: 1);
        var first = gate.TryEnterReserve()!;
        for (var i = 0; i < ConnectionGate.AdministrationReserve; i++)
        {
            Assert.NotNull(gate.TryEnterReserve());
        }

        var isClosed = false;
        first.Attach(() => isClosed = true);
        Assert.True(isClosed);
    }

    private static ReservedConnection? Enter(ConnectionGate gate, int number, List<int> closed)
    {
        var entered = gate.TryEnterReserve();
        entered?.Attach(() => closed.Add(number));
        return entered;
    }

    [Fact]
    public void Refuse_FloodOfConnections_IsLoggedAtARateWithItsCount()
    {
        const int PerSecond = 1_000;
        var gate = Gate(connections: 0);
        for (var second = 0; second < 25; second++)
        {
            for (var i = 0; i < PerSecond; i++)
            {
                Assert.False(gate.TryEnter(i));
            }

            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(25 * PerSecond, gate.Refused);
        Assert.Equal(3, _lines.Count);
        Assert.StartsWith("1 new connections were closed", _lines[0], StringComparison.Ordinal);
        Assert.StartsWith($"{10 * PerSecond} new connections were closed", _lines[1], StringComparison.Ordinal);
    }

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Add(formatter(state, exception));

    private ConnectionGate Gate(int connections, long firstReserved = long.MaxValue) => new(
        Options.Create(new EdgeOptions { MaxConnections = connections, FirstReservedDescriptor = firstReserved }), _clock, this);

    private sealed record SocketOf(Socket Socket) : IConnectionSocketFeature;
}
