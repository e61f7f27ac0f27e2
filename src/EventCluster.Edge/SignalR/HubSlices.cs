using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Channels;
using EventCluster.Delivery.Framing;
using EventCluster.Edge.Messages;
using EventCluster.Edge.Sessions;

namespace EventCluster.Edge.SignalR;

/// <summary>
/// The messages of one call, pulled by SignalR (CORRECTNESS rule 18): a slice is handed over, and until the client took all
/// of it the session keeps positions only.
/// </summary>
internal sealed class HubSlices : ISessionConnection, IMessageSink
{
    private readonly Channel<Slice> _slices = Channel.CreateUnbounded<Slice>(
        new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });

    private readonly Lock _gate = new();
    private readonly Func<int> _sliceBytes;
    private List<HubJson> _messages = [];
    private HubParts? _parts;
    private Task<FlushResult>? _partTaken;
    private bool _isLastPart;
    private Action? _whenWhole;

    /// <param name="sliceBytes">Most bytes of the next slice.</param>
    public HubSlices(Func<int> sliceBytes) => _sliceBytes = sliceBytes;

    /// <summary>The cursor over all streams as it stands now, as text; null for a call with one stream.</summary>
    public Func<string>? Cursor { get; init; }

    /// <summary>Whether an <c>error</c> ends the call instead of being an item.</summary>
    public bool ErrorEnds { get; init; }

    /// <summary>Ends the connection.</summary>
    public required Action Abort { get; init; }

    /// <summary>The <c>error</c> that ended the call.</summary>
    public byte[]? Error { get; private set; }

    /// <inheritdoc />
    public bool HasUnflushed => _messages.Count > 0 || _partTaken is not null;

    /// <inheritdoc />
    int ISessionConnection.Slice => _sliceBytes();

    /// <inheritdoc />
    public int MaxFrameBytes => _sliceBytes();

    /// <inheritdoc />
    public long Unflushed { get; private set; }

    /// <summary>A line end is white space of JSON, but SignalR's event stream breaks at a lone CR.</summary>
    public PayloadCoding LargeJson => PayloadCoding.JsonSpaces;

    /// <inheritdoc />
    public ReadOnlySpan<byte> LargeTail => default;

    /// <inheritdoc />
    public void WriteLargeHead(FrameBuffer head, ReadOnlySpan<byte> prefix)
    {
        if (Cursor is null)
        {
            head.Write(prefix);
            return;
        }

        head.Write("{\"cursor\":\""u8);
        head.Write(Encoding.ASCII.GetBytes(Cursor()));
        head.Write("\","u8);
        head.Write(prefix[1..]);
    }

    /// <inheritdoc />
    public void PutPart(LargeEvent large, int maxBytes)
    {
        maxBytes = Math.Min(maxBytes, EdgeLimits.HubPartBytes);
        var part = new FrameBuffer(maxBytes);
        if (!large.IsBegun)
        {
            lock (_gate)
            {
                _parts = new HubParts(Abort);
            }

            _messages.Add(new HubJson(_parts));
        }

        large.Write(part, maxBytes);
        Unflushed += part.Length;
        _partTaken = _parts!.GiveAsync(part, large.IsComplete);
        _isLastPart = large.IsComplete;
    }

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
        Unflushed += json.Length;
    }

    /// <inheritdoc />
    public async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken)
    {
        Unflushed = 0;
        var partTaken = _partTaken;
        _partTaken = null;
        if (_messages.Count > 0)
        {
            var slice = new Slice(_messages);
            _messages = [];
            if (_slices.Writer.TryWrite(slice) && partTaken is null)
            {
                await slice.Taken.Task.WaitAsync(cancellationToken);
            }
        }

        if (partTaken is null)
        {
            return default;
        }

        try
        {
            await partTaken.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (partTaken.IsCompletedSuccessfully)
        {
            // Taken and ended in one moment: an event that is out is no event that was cut.
        }

        if (_isLastPart)
        {
            EndLarge();
        }

        return await partTaken;
    }

    /// <summary>
    /// Runs an action that ends the call, behind the event that is on its way in parts: the connection's other calls cannot go
    /// on inside it.
    /// </summary>
    public void RunWhenWhole(Action action)
    {
        lock (_gate)
        {
            if (_parts is not null)
            {
                _whenWhole = action;
                return;
            }
        }

        action();
    }

    /// <summary>An event that is on its way in parts has no end: the connection ends inside it.</summary>
    public void Cut() => _parts?.Break();

    /// <summary>Nothing follows.</summary>
    /// <param name="surprise">What the reader is to be thrown.</param>
    public void Complete(Exception? surprise)
    {
        Cut();
        _slices.Writer.TryComplete(surprise);
    }

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

    private void EndLarge()
    {
        Action? action;
        lock (_gate)
        {
            (_parts, action, _whenWhole) = (null, _whenWhole, null);
        }

        action?.Invoke();
    }

    private sealed record Slice(List<HubJson> Messages)
    {
        public TaskCompletionSource Taken { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
