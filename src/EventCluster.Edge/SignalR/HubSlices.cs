using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Channels;
using EventCluster.Abstractions.Memory;
using EventCluster.Delivery;
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

    private readonly Func<int> _sliceBytes;
    private readonly MemoryShare _share;
    private readonly TimeProvider _time;
    private List<HubJson> _messages = [];
    private long _reserved;

    /// <param name="sliceBytes">Most bytes of the next slice.</param>
    /// <param name="share">What items that are larger than a slice are reserved in.</param>
    /// <param name="time">The clock.</param>
    public HubSlices(Func<int> sliceBytes, MemoryShare share, TimeProvider time) =>
        (_sliceBytes, _share, _time) = (sliceBytes, share, time);

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
    public int MaxFrameBytes => _sliceBytes();

    /// <inheritdoc />
    public long Unflushed { get; private set; }

    /// <summary>A line end is white space of JSON, but SignalR's event stream breaks at a lone CR.</summary>
    public PayloadCoding LargeJson => PayloadCoding.JsonSpaces;

    /// <inheritdoc />
    public ReadOnlySpan<byte> LargeTail => default;

    /// <summary>
    /// SignalR takes whole items and copies them on their way, so one that is larger than a slice needs room for all its
    /// copies before it is made. While it waits the call is a position.
    /// </summary>
    public async ValueTask<bool> AdmitAsync(LargeEvent large, CancellationToken cancellationToken)
    {
        Release();
        var bytes = EdgeLimits.HubItemCopies * large.Measure();
        var admission = _share.ReserveAsync(bytes, EdgeLimits.HubAdmissionTimeout, _time, cancellationToken);
        if (!admission.IsCompleted)
        {
            large.LetGo();
        }

        if (!await admission)
        {
            return false;
        }

        _reserved = bytes;
        return true;
    }

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

    /// <summary>Puts the whole message: SignalR has no parts.</summary>
    public void PutPart(LargeEvent large, int maxBytes)
    {
        using var whole = new FrameBuffer((int)(_reserved / EdgeLimits.HubItemCopies));
        while (!large.IsComplete)
        {
            large.Write(whole, whole.Length + DeliveryLimits.MaxSliceBytes);
        }

        _messages.Add(new HubJson(whole.Written.ToArray()));
        Unflushed += whole.Length;
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
        var slice = new Slice(_messages);
        (_messages, Unflushed) = ([], 0);
        try
        {
            if (_slices.Writer.TryWrite(slice))
            {
                await slice.Taken.Task.WaitAsync(cancellationToken);
            }

            return default;
        }
        finally
        {
            Release();
        }
    }

    /// <summary>Nothing follows.</summary>
    /// <param name="surprise">What the reader is to be thrown.</param>
    public void Complete(Exception? surprise)
    {
        Release();
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

    private void Release()
    {
        _share.Release(_reserved);
        _reserved = 0;
    }

    private sealed record Slice(List<HubJson> Messages)
    {
        public TaskCompletionSource Taken { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
