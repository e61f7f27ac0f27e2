using System.Buffers;
using System.Net;
using EventCluster.Benchmarks.Generator;

namespace EventCluster.Benchmarks.Clients;

/// <summary>A connection to which requests are written at their times, whatever answers come; what is due at once is sent at once.</summary>
public sealed class PacedConnection : IDisposable
{
    private readonly LoadSocket _socket;
    private readonly ArrayBufferWriter<byte> _due = new();
    private readonly AnswerCount _answers = new();
    private bool _isBlocked;

    private PacedConnection(LoadSocket socket) => _socket = socket;

    /// <summary>Connects.</summary>
    public static async Task<PacedConnection> ConnectAsync(IPEndPoint server) => new(await LoadSocket.ConnectAsync(server));

    /// <summary>Adds a request that is due.</summary>
    public void Add(ReadOnlySpan<byte> request) => _due.Write(request);

    /// <summary>Sends what was added.</summary>
    public void Flush()
    {
        if (_due.WrittenCount == 0 || _isBlocked)
        {
            return;
        }

        var sent = _socket.Send(_due.WrittenSpan);
        if (sent == _due.WrittenCount)
        {
            _due.ResetWrittenCount();
            return;
        }

        // Rare: the server reads slower than it is written to.
        var rest = _due.WrittenSpan[sent..].ToArray();
        _due.ResetWrittenCount();
        _due.Write(rest);
        _isBlocked = true;
        _ = FlushLaterAsync();
    }

    /// <summary>Reads answers until there are as many as expected.</summary>
    public async Task CountAsync(int expected, Action<int> onAnswers)
    {
        while (expected > 0)
        {
            var received = await _socket.ReceiveAsync(_answers.Room);
            var answered = received > 0 ? _answers.Take(received) : throw new InvalidDataException("The server closed a publisher's connection.");
            onAnswers(answered);
            expected -= answered;
        }
    }

    /// <inheritdoc />
    public void Dispose() => _socket.Dispose();

    private async Task FlushLaterAsync()
    {
        await _socket.WhenWritableAsync();
        _isBlocked = false;
        Flush();
    }
}
