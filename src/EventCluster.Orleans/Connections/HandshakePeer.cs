using System.Net;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Orleans.Runtime.Messaging;

namespace EventCluster.Orleans.Connections;

/// <summary>The other end of a connection during the handshake: small frames, each of a type that is waited for by name.</summary>
public sealed class HandshakePeer
{
    /// <summary>Most bytes of a frame, its type included.</summary>
    public const int MaxFrameBytes = 1024;

    /// <summary>The first type that steps beside the handshake's own may use; each has types of its own.</summary>
    public const byte FirstFreeType = 0xD0;

    private const int MaxReasonChars = 400;

    private readonly ConnectionContext _connection;

    internal HandshakePeer(ConnectionContext connection, ClusterPort port)
    {
        _connection = connection;
        Port = port;
    }

    /// <summary>The port that the connection was opened to.</summary>
    public ClusterPort Port { get; }

    /// <summary>Where the other end is; null when the transport does not say.</summary>
    public EndPoint? RemoteEndPoint => _connection.RemoteEndPoint;

    /// <summary>Sends a frame.</summary>
    /// <param name="type">What it is, from <see cref="FirstFreeType"/>.</param>
    /// <param name="payload">Fewer than <see cref="MaxFrameBytes"/>.</param>
    /// <param name="cancellationToken">The end of the handshake.</param>
    public async Task SendAsync(byte type, byte[] payload, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(payload);
        if (payload.Length >= MaxFrameBytes)
        {
            throw new ArgumentException($"A frame has fewer than {MaxFrameBytes} bytes.", nameof(payload));
        }

        await ConnectionFrameHelper.WriteFrameAsync(_connection, type, payload, cancellationToken);
    }

    /// <summary>Waits for a frame.</summary>
    /// <param name="type">What it must be.</param>
    /// <param name="cancellationToken">The end of the handshake.</param>
    /// <returns>Its payload.</returns>
    /// <exception cref="HandshakeRefusedException">The other end refuses, has closed the connection, or speaks something else.</exception>
    public async Task<byte[]> ReceiveAsync(byte type, CancellationToken cancellationToken)
    {
        byte seen;
        byte[] payload;
        try
        {
            (seen, payload) = await ConnectionFrameHelper.ReadFrameAsync(_connection, cancellationToken, MaxFrameBytes);
        }
        catch (Exception e) when (e is InvalidOperationException or InvalidDataException or IOException or ConnectionAbortedException)
        {
            throw new HandshakeRefusedException(
                "The other end closed the connection or does not speak this handshake: it is no silo or publisher of EventCluster, or "
                + "one of another version, or only one of the two has Cluster:Tls.")
            {
                IsBrokenOff = e is not InvalidDataException,
            };
        }

        if (seen == HandshakeFrames.Refusal)
        {
            throw new HandshakeRefusedException(TextOf(payload), isTold: true);
        }

        return seen == type
            ? payload
            : throw new HandshakeRefusedException(
                "The other end does not speak this handshake: it is no silo or publisher of EventCluster, or one of another version.");
    }

    /// <summary>Says why the connection ends; best effort, because the other end may be gone.</summary>
    internal async Task RefuseAsync(string reason, CancellationToken cancellationToken)
    {
        try
        {
            await SendAsync(HandshakeFrames.Refusal, Encoding.UTF8.GetBytes(Shortened(reason)), cancellationToken);
        }
        catch (Exception e) when (e is InvalidOperationException or IOException or ConnectionAbortedException or OperationCanceledException)
        {
            // It does not matter any more.
        }
    }

    /// <summary>What a stranger may have sent becomes one line of printable characters.</summary>
    private static string TextOf(byte[] payload) =>
        string.Concat(Shortened(Encoding.UTF8.GetString(payload)).Select(static c => char.IsControl(c) ? ' ' : c));

    private static string Shortened(string text) => text.Length <= MaxReasonChars ? text : text[..MaxReasonChars];
}
