using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace EventCluster.Orleans.Connections;

/// <summary>
/// What both ends of a connection do before Orleans' first byte: TLS if it is set, the proof of the secret, then the
/// registered <see cref="IHandshakeStep"/>s. Whoever does not pass is told why and gets no further.
/// </summary>
internal sealed partial class ClusterHandshakes(
    IOptions<ClusterConnectionOptions> options,
    IOptions<ClusterOptions> cluster,
    IEnumerable<IHandshakeStep> steps,
    PeerRefusals refusals,
    TimeProvider time,
    ILogger<ClusterHandshakes> logger)
{
    // The length and the type of a frame.
    private const int FrameHead = 5;

    private readonly IHandshakeStep[] _steps = [.. steps];

    /// <summary>Puts the parts of the end that accepts into the pipeline of a port.</summary>
    public void UseAccepting(IConnectionBuilder builder, ClusterPort port)
    {
        var gate = new HandshakeGate(options.Value, time);
        builder.Use(next => connection => GuardAsync(gate.Enter(connection), connection, port, isAccepting: true, next));
        if (options.Value.Tls is { } tls)
        {
            builder.UseServerTls(tls.ToOptions(options.Value.HandshakeTimeout));
        }

        builder.Use(next => connection => AcceptAsync(connection, port, next));
    }

    /// <summary>Puts the parts of the end that opens a connection into its pipeline.</summary>
    public void UseConnecting(IConnectionBuilder builder, ClusterPort port)
    {
        var gate = new HandshakeGate(new ClusterConnectionOptions { HandshakeTimeout = options.Value.HandshakeTimeout, MaxHandshakes = int.MaxValue }, time);
        builder.Use(next => connection => GuardAsync(gate.Enter(connection), connection, port, isAccepting: false, next));
        if (options.Value.Tls is { } tls)
        {
            builder.UseClientTls(tls.ToOptions(options.Value.HandshakeTimeout));
        }

        builder.Use(next => connection => ConnectAsync(connection, port, next));
    }

    /// <summary>The whole of a handshake, and then the connection; says why a handshake came to nothing.</summary>
    private async Task GuardAsync(HandshakeTurn turn, ConnectionContext connection, ClusterPort port, bool isAccepting, ConnectionDelegate next)
    {
        using (turn)
        {
            if (isAccepting && await ClosesAtOnceAsync(turn, connection.Transport.Input))
            {
                if (turn.EndedBy is { } why)
                {
                    Report(turn, port, isAccepting, why);
                }

                return;
            }

            await next(connection);
            if (!turn.IsDecided)
            {
                // The middleware of TLS returns without a word.
                Report(turn, port, isAccepting, turn.EndedBy ?? "TLS failed: no certificate of the cluster's authority, or no TLS at all");
            }
        }
    }

    private async Task AcceptAsync(ConnectionContext connection, ClusterPort port, ConnectionDelegate next)
    {
        var turn = HandshakeTurn.Of(connection);
        if (await PassesAsync(turn, connection, port, isAccepting: true, AcceptStepsAsync))
        {
            await next(connection);
        }
    }

    private async Task ConnectAsync(ConnectionContext connection, ClusterPort port, ConnectionDelegate next)
    {
        var turn = HandshakeTurn.Of(connection);
        if (await PassesAsync(turn, connection, port, isAccepting: false, ConnectStepsAsync))
        {
            await next(connection);
        }
    }

    private async Task<bool> PassesAsync(
        HandshakeTurn turn, ConnectionContext connection, ClusterPort port, bool isAccepting,
        Func<ConnectionContext, HandshakePeer, CancellationToken, Task> handshake)
    {
        var peer = new HandshakePeer(connection, port);
        try
        {
            await handshake(connection, peer, turn.Limit);
            turn.Decide();
            if (!isAccepting)
            {
                refusals.NotePassed();
            }

            return true;
        }
        catch (HandshakeRefusedException e)
        {
            if (!e.IsTold)
            {
                await peer.RefuseAsync(e.Message, turn.Limit);
            }

            Report(turn, port, isAccepting, turn.EndedBy ?? (e.IsTold ? $"the other end says: {e.Message}" : e.Message), e.IsPassing, e.IsBrokenOff);
        }
        catch (Exception e) when (turn.EndedBy is not null || e is IOException or ConnectionAbortedException)
        {
            Report(turn, port, isAccepting, turn.EndedBy ?? e.Message, isBrokenOff: true);
        }

        return false;
    }

    private async Task AcceptStepsAsync(ConnectionContext connection, HandshakePeer peer, CancellationToken cancellationToken)
    {
        // Orleans clients of others may use a gateway that asks for no secret; they send no hello.
        if (peer.Port == ClusterPort.Gateway && options.Value.Secret is null
            && !await BeginsWithHelloAsync(connection.Transport.Input, cancellationToken))
        {
            return;
        }

        await SecretStep.AcceptAsync(peer, options.Value.Secret, cluster.Value.ServiceId, cancellationToken);
        foreach (var step in _steps.Where(step => step.AppliesTo(peer.Port)))
        {
            await step.AcceptAsync(peer, cancellationToken);
        }

        await peer.SendAsync(HandshakeFrames.Welcome, Encoding.UTF8.GetBytes(cluster.Value.ClusterId), cancellationToken);
    }

    private async Task ConnectStepsAsync(ConnectionContext connection, HandshakePeer peer, CancellationToken cancellationToken)
    {
        await SecretStep.ConnectAsync(peer, options.Value.Secret, NameOf(cluster.Value), cancellationToken);
        foreach (var step in _steps.Where(step => step.AppliesTo(peer.Port)))
        {
            await step.ConnectAsync(peer, cancellationToken);
        }

        var identity = Encoding.UTF8.GetString(await peer.ReceiveAsync(HandshakeFrames.Welcome, cancellationToken));
        if (peer.Port == ClusterPort.Gateway)
        {
            TakeIdentity(identity);
        }
    }

    /// <summary>
    /// A publisher that knows the cluster's name only takes over the identity that goes with it, and from then on speaks with
    /// that cluster alone. Orleans reads it when it says its own first words, after this handshake.
    /// </summary>
    private void TakeIdentity(string identity)
    {
        var own = cluster.Value;
        if (own.ClusterId != identity && own.ClusterId == NameOf(own))
        {
            own.ClusterId = identity;
        }

        if (own.ClusterId != identity)
        {
            throw new HandshakeRefusedException($"The silo belongs to the cluster '{identity}', and this publisher to '{own.ClusterId}'.");
        }
    }

    /// <summary>Who sets only one of Orleans' two names means the cluster's name.</summary>
    private static string NameOf(ClusterOptions names) =>
        names.ServiceId is { } service && service != ClusterOptions.DefaultServiceId ? service : names.ClusterId;

    /// <summary>Somebody who looks whether the network leads here opens a connection and closes it; that is no refusal.</summary>
    private static async Task<bool> ClosesAtOnceAsync(HandshakeTurn turn, PipeReader input)
    {
        try
        {
            var read = await input.ReadAsync(turn.Limit);
            input.AdvanceTo(read.Buffer.Start);
            return read.Buffer.IsEmpty;
        }
        catch (Exception e) when (e is IOException or ConnectionAbortedException or OperationCanceledException)
        {
            return true;
        }
    }

    private static async Task<bool> BeginsWithHelloAsync(PipeReader input, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await input.ReadAsync(cancellationToken);
            var buffer = read.Buffer;
            if (buffer.Length >= FrameHead || read.IsCompleted)
            {
                var isHello = buffer.Length >= FrameHead && buffer.Slice(FrameHead - 1).FirstSpan[0] == HandshakeFrames.Hello;
                input.AdvanceTo(buffer.Start);
                return isHello;
            }

            input.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private void Report(HandshakeTurn turn, ClusterPort port, bool isAccepting, string reason, bool isPassing = false, bool isBrokenOff = false)
    {
        // One that took too long says nothing about the other end either: it may stand still, or this one did.
        isPassing |= turn.EndedBy is not null;
        turn.Decide();
        if (isAccepting)
        {
            LogRefused(logger, turn.RemoteEndPoint, port, reason);
        }
        else
        {
            LogFailed(logger, port, turn.RemoteEndPoint, reason);
            if (!isPassing)
            {
                refusals.Note($"{turn.RemoteEndPoint}: {reason}", isBrokenOff);
            }
        }
    }
}
