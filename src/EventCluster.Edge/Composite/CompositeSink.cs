using System.Globalization;
using System.Text;
using EventCluster.Delivery.Framing;
using EventCluster.Edge.Messages;
using EventCluster.Edge.Sessions;

namespace EventCluster.Edge.Composite;

/// <summary>
/// The messages of a session as an event stream: each is one SSE event whose <c>id</c> is the cursor over all streams after
/// it. Messages other than <c>events</c> are named events.
/// </summary>
internal sealed class CompositeSink(SessionWriter output, IReadOnlyList<Subscription> subscriptions) : IMessageSink
{
    private readonly byte[] _hash = CompositeCursor.HashOf([.. subscriptions.Select(static s => s.Name)]);

    /// <inheritdoc />
    public int MaxFrameBytes => output.MaxSlice;

    /// <inheritdoc />
    public long Unflushed => output.Unflushed;

    /// <inheritdoc />
    public PayloadCoding LargeJson => PayloadCoding.JsonLines;

    /// <inheritdoc />
    public ReadOnlySpan<byte> LargeTail => "\n\n"u8;

    /// <summary>No data, so nothing is dispatched, but a browser remembers the position and the delay.</summary>
    public void PutPriming(int retryMilliseconds)
    {
        PutId();
        PutRetry(retryMilliseconds);
    }

    /// <summary>The delay before the next connection, as the rest of an event.</summary>
    public void PutRetry(int retryMilliseconds) => output.Write(
        Encoding.ASCII.GetBytes($"retry: {retryMilliseconds.ToString(CultureInfo.InvariantCulture)}\n\n"));

    /// <summary>A comment.</summary>
    public void PutHeartbeat() => output.Write(":\n\n"u8);

    /// <inheritdoc />
    public void Put(ReadOnlySpan<byte> type, MessageBuffer message)
    {
        PutId();
        if (!type.SequenceEqual("events"u8))
        {
            // "error" is the name of EventSource's own event for a lost connection.
            output.Write("event: "u8);
            output.Write(type.SequenceEqual("error"u8) ? "failure"u8 : type);
            output.Write("\n"u8);
        }

        output.Write("data: "u8);

        // Line ends in a message are white space of its JSON: a new data line is the same message.
        var text = message.Payload;
        for (var end = text.IndexOfAny((byte)'\r', (byte)'\n'); end >= 0; end = text.IndexOfAny((byte)'\r', (byte)'\n'))
        {
            output.Write(text[..end]);
            output.Write("\ndata: "u8);
            text = text[(end + 1)..];
        }

        output.Write(text);
        output.Write("\n\n"u8);
    }

    /// <inheritdoc />
    public void WriteLargeHead(FrameBuffer head, ReadOnlySpan<byte> prefix)
    {
        Span<byte> cursor = stackalloc byte[CompositeCursor.MaxTextLength];
        var length = CompositeCursor.Format(cursor, _hash, subscriptions);
        head.Write("id: "u8);
        head.Write(cursor[..length]);
        head.Write("\ndata: "u8);
        head.Write(prefix);
    }

    /// <inheritdoc />
    public void PutPart(LargeEvent large, int maxBytes)
    {
        using var part = new FrameBuffer(maxBytes);
        large.Write(part, maxBytes);
        output.Write(part.Written);
    }

    private void PutId()
    {
        Span<byte> cursor = stackalloc byte[CompositeCursor.MaxTextLength];
        var length = CompositeCursor.Format(cursor, _hash, subscriptions);
        output.Write("id: "u8);
        output.Write(cursor[..length]);
        output.Write("\n"u8);
    }
}
