using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Channels;
using EventCluster.Edge.Sessions;
using EventCluster.Edge.WebSockets;

namespace EventCluster.Edge.SignalR;

/// <summary>
/// The messages of one call, pulled by SignalR (CORRECTNESS rule 18): a slice is handed over, and until the client took all
/// of it the session keeps positions only.
/// </summary>
internal sealed class HubSlices : ISessionConnection, IMessageSink
{
    private readonly Channel<Slice> _slices = Channel.CreateUnbounded<Slice>(
        new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });

    private readonly Func<int> _sliceBytes;
    private List<HubJson> _messages = [];

    /// <param name="sliceBytes">Most bytes of the next slice.</param>
    public HubSlices(Func<int> sliceBytes) => _sliceBytes = sliceBytes;

    /// <summary>The cursor over all streams as it stands now, as text; null for a call with one stream.</summary>
    public Func<string>? Cursor { get; init; }

    /// <summary>Whether an <c>error</c> ends the call instead of being an item.</summary>
    public bool ErrorEnds { get; init; }

    /// <summary>The <c>error</c> that ended the call.</summary>
    public byte[]? Error { get; private set; }

    /// <inheritdoc />
    public bool HasUnflushed => _messages.Count > 0;

    /// <inheritdoc />
    int ISessionConnection.Slice => _sliceBytes();

    /// <inheritdoc />
    public void Put(ReadOnlySpan<byte> type, MessageBuffer message)
    {
        if (ErrorEnds && type.SequenceEqual("error"u8))
        {
            Error = message.Payload.ToArray();
            return;
        }

        byte[] json = Cursor is null
            ? message.Payload.ToArray()
            : [.. "{\"cursor\":\""u8, .. Encoding.ASCII.GetBytes(Cursor()), .. "\","u8, .. message.Payload[1..]];

        // A line end in a message is white space of its JSON, but SignalR's event stream breaks at a lone CR.
        json.AsSpan().Replace((byte)'\r', (byte)' ');
        _messages.Add(new HubJson(json));
    }

    /// <inheritdoc />
    public async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken)
    {
        var slice = new Slice(_messages);
        _messages = [];
        if (_slices.Writer.TryWrite(slice))
        {
            await slice.Taken.Task.WaitAsync(cancellationToken);
        }

        return default;
    }

    /// <summary>Nothing follows.</summary>
    /// <param name="surprise">What the reader is to be thrown.</param>
    public void Complete(Exception? surprise) => _slices.Writer.TryComplete(surprise);

    /// <summary>The messages in order. To ask for the next one is to have taken the one before.</summary>
    public async IAsyncEnumerable<HubJson> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var slice in _slices.Reader.ReadAllAsync(cancellationToken))
        {
            foreach (var message in slice.Messages)
            {
                yield return message;
            }

            slice.Taken.SetResult();
        }
    }

    private sealed record Slice(List<HubJson> Messages)
    {
        public TaskCompletionSource Taken { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
