using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace EventCluster.Storage.PostgreSql.Tests.Servers;

/// <summary>
/// Stands between the store and the server, and answers in the server's place with any SQLSTATE: everything a client sends up
/// to its Sync is swallowed and answered by an error; a fatal one closes the connection behind it, as the server does.
/// </summary>
internal sealed class AnsweringRelay : IAsyncDisposable
{
    private const int SslRequest = 80877103;
    private const int EncryptionRequest = 80877104;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _target;
    private readonly ConcurrentQueue<Answer> _next = new();
    private readonly ConcurrentBag<TcpClient> _clients = [];
    private readonly Task _accepting;
    private Answer? _always;
    private Answer? _atConnect;
    private int _swallowed;

    public AnsweringRelay(int target)
    {
        _target = target;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    /// <summary>An error in the server's place.</summary>
    internal sealed record Answer(string Severity, string State);

    /// <summary>Where clients connect.</summary>
    public int Port { get; }

    /// <summary>Requests that were answered here.</summary>
    public int Swallowed => Volatile.Read(ref _swallowed);

    /// <summary>Only requests that contain this text are answered here; with prepared statements they do not.</summary>
    public string? Only { get; init; }

    /// <summary>Answers every request so; null for the server's own answers.</summary>
    public void Always(Answer? answer) => Volatile.Write(ref _always, answer);

    /// <summary>Refuses every new connection so; null to let them in.</summary>
    public void AtConnect(Answer? answer) => Volatile.Write(ref _atConnect, answer);

    /// <summary>Answers the next requests so, one each.</summary>
    public void Next(params Answer[] answers) => Array.ForEach(answers, _next.Enqueue);

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        foreach (var client in _clients)
        {
            client.Dispose();
        }

        await _accepting;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                _clients.Add(client);
                _ = ServeAsync(client);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The end of the relay.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var server = new TcpClient();
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, _target);
            (client.NoDelay, server.NoDelay) = (true, true);
            var (near, far) = (client.GetStream(), server.GetStream());
            var back = far.CopyToAsync(near);
            await Task.WhenAny(RequestsAsync(near, far), back);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // Either side is gone.
        }

        client.Dispose();
    }

    private async Task RequestsAsync(NetworkStream near, NetworkStream far)
    {
        while (true)
        {
            var start = await ReadAsync(near, typed: false);
            var code = BinaryPrimitives.ReadInt32BigEndian(start.AsSpan(4));
            if (code is not (SslRequest or EncryptionRequest) && Volatile.Read(ref _atConnect) is { } refusal)
            {
                await SendAsync(near, refusal with { Severity = "FATAL" });
                return;
            }

            await far.WriteAsync(start);
            if (code is not (SslRequest or EncryptionRequest))
            {
                break;
            }
        }

        List<byte> request = [];
        while (true)
        {
            var message = await ReadAsync(near, typed: true);
            request.AddRange(message);
            var type = (char)message[0];
            if (type is not ('S' or 'Q' or 'p' or 'X'))
            {
                continue;
            }

            byte[] whole = [.. request];
            request.Clear();
            if (type is 'p' or 'X' || AnswerTo(whole) is not { } answer)
            {
                await far.WriteAsync(whole);
                continue;
            }

            Interlocked.Increment(ref _swallowed);
            await SendAsync(near, answer);
            if (answer.Severity != "ERROR")
            {
                return;
            }
        }
    }

    private Answer? AnswerTo(byte[] request) =>
        Only is { } text && request.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) < 0
            ? null
            : _next.TryDequeue(out var next) ? next : Volatile.Read(ref _always);

    private static async Task SendAsync(NetworkStream near, Answer answer)
    {
        var fields = $"S{answer.Severity}\0V{answer.Severity}\0C{answer.State}\0Minjected {answer.State}\0\0";
        var error = Message('E', Encoding.ASCII.GetBytes(fields));
        await near.WriteAsync(answer.Severity == "ERROR" ? [.. error, .. Message('Z', [(byte)'I'])] : error);
    }

    private static byte[] Message(char type, byte[] body)
    {
        var message = new byte[5 + body.Length];
        message[0] = (byte)type;
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(1), 4 + body.Length);
        body.CopyTo(message, 5);
        return message;
    }

    private static async Task<byte[]> ReadAsync(NetworkStream stream, bool typed)
    {
        var head = new byte[typed ? 5 : 4];
        await stream.ReadExactlyAsync(head);
        var length = BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(typed ? 1 : 0));
        var message = new byte[head.Length - 4 + length];
        head.CopyTo(message, 0);
        await stream.ReadExactlyAsync(message.AsMemory(head.Length));
        return message;
    }
}
