using System.Net;
using System.Net.Sockets;
using System.Text;

namespace EventCluster.Storage.AzureTables.Tests.Servers;

/// <summary>Stands between the store and the emulator, and answers every request with a status in its place.</summary>
internal sealed class AnsweringRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _target;
    private readonly Lock _gate = new();
    private readonly List<TcpClient> _clients = [];
    private readonly Task _accepting;
    private string? _answer;

    public AnsweringRelay(int target)
    {
        _target = target;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    /// <summary>Where clients connect.</summary>
    public int Port { get; }

    /// <summary>Answers everything so from now on.</summary>
    public void Answer(int status, string code)
    {
        var body = $$$$"""{"odata.error":{"code":"{{{{code}}}}","message":{"lang":"en-US","value":"injected"}}}""";
        Switch($"HTTP/1.1 {status} Injected\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}");
    }

    /// <summary>The emulator answers again.</summary>
    public void LetGo() => Switch(null);

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        Switch(null);
        await _accepting;
    }

    private void Switch(string? answer)
    {
        lock (_gate)
        {
            _answer = answer;
            _clients.ForEach(static client => client.Dispose());
            _clients.Clear();
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                string? answer;
                lock (_gate)
                {
                    _clients.Add(client);
                    answer = _answer;
                }

                _ = ServeAsync(client, answer);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The end of the relay.
        }
    }

    private async Task ServeAsync(TcpClient client, string? answer)
    {
        try
        {
            var near = client.GetStream();
            if (answer is null)
            {
                using var server = new TcpClient();
                await server.ConnectAsync(IPAddress.Loopback, _target);
                var far = server.GetStream();
                await Task.WhenAny(near.CopyToAsync(far), far.CopyToAsync(near));
            }
            else
            {
                var buffer = new byte[64 * 1024];
                if (await near.ReadAsync(buffer) > 0)
                {
                    await near.WriteAsync(Encoding.ASCII.GetBytes(answer));
                    client.Client.Shutdown(SocketShutdown.Send);

                    // The rest of the request; a reset would overtake the answer.
                    while (await near.ReadAsync(buffer) > 0)
                    {
                    }
                }
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // Either side is gone.
        }

        client.Dispose();
    }
}
