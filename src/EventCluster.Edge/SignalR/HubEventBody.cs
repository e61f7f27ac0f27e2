namespace EventCluster.Edge.SignalR;

/// <summary>
/// An event stream of SignalR whose events end where SignalR's messages do (<see cref="HubRecords"/>): of an event that ends
/// inside a message the end is left out, and of the next one the beginning.
/// </summary>
internal sealed class HubEventBody(Stream inner) : HubBody(inner)
{
    /// <summary>The length of <c>data: </c>.</summary>
    private const int PrefixBytes = 6;

    private static readonly ReadOnlyMemory<byte> _lineEnd = "\r\n"u8.ToArray();

    /// <summary>An event ends with two line ends.</summary>
    private static readonly int _endBytes = 2 * _lineEnd.Length;

    private bool _isWhole = true;
    private bool _isFresh = true;
    private int _toSkip;
    private int _ends;

    /// <inheritdoc />
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            var skipped = Math.Min(_toSkip, buffer.Length);
            _toSkip -= skipped;
            buffer = buffer[skipped..];
            var text = buffer.Span.IndexOfAny((byte)'\r', (byte)'\n') is var end and >= 0 ? end : buffer.Length;
            if (text > 0)
            {
                await WriteTextAsync(buffer[..text], cancellationToken);
                buffer = buffer[text..];
            }

            var ends = buffer.Span[..Math.Min(buffer.Length, _endBytes - _ends)];
            var count = ends.IndexOfAnyExcept((byte)'\r', (byte)'\n') is var other and >= 0 ? other : ends.Length;
            if (count > 0)
            {
                await WriteEndsAsync(buffer[..count], cancellationToken);
                buffer = buffer[count..];
            }
        }
    }

    private async ValueTask WriteTextAsync(ReadOnlyMemory<byte> text, CancellationToken cancellationToken)
    {
        if (_ends > 0 && !_isWhole)
        {
            // What was held back was no event's end.
            await Inner.WriteAsync(_lineEnd, cancellationToken);
        }

        _ends = 0;
        if (!_isFresh || text.Span[0] != (byte)':')
        {
            (_isFresh, _isWhole) = (false, HubRecords.IsWhole(text.Span));
        }

        await Inner.WriteAsync(text, cancellationToken);
    }

    private ValueTask WriteEndsAsync(ReadOnlyMemory<byte> ends, CancellationToken cancellationToken)
    {
        _ends += ends.Length;
        if (_ends == _endBytes)
        {
            (_ends, _isFresh, _toSkip) = (0, _isWhole, _isWhole ? 0 : PrefixBytes);
        }

        return _isWhole ? Inner.WriteAsync(ends, cancellationToken) : default;
    }
}
