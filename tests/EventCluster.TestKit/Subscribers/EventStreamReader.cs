using System.Globalization;
using System.Text;

namespace EventCluster.TestKit.Subscribers;

/// <summary>Reads an event stream (WHATWG) frame by frame; comments are skipped.</summary>
public sealed class EventStreamReader(Stream body) : IDisposable
{
    private readonly StreamReader _lines = new(body, Encoding.UTF8, detectEncodingFromByteOrderMarks: false);

    /// <summary>The next frame, or null at a clean end; a frame that the end cuts off is dropped, as clients must.</summary>
    public async Task<EventStreamFrame?> NextAsync(CancellationToken cancellationToken)
    {
        var (type, id, data, retry) = ("message", (string?)null, (StringBuilder?)null, (int?)null);
        while (await _lines.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.Length == 0)
            {
                if (data is not null || id is not null || retry is not null)
                {
                    return new EventStreamFrame(type, id, data?.ToString(), retry);
                }

                type = "message";
                continue;
            }

            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var (field, value) = colon < 0 ? (line, "") : (line[..colon], line[(colon + 1)..]);
            value = value.StartsWith(' ') ? value[1..] : value;
            switch (field)
            {
                case "event":
                    type = value;
                    break;
                case "id":
                    id = value;
                    break;
                case "data":
                    data = data is null ? new StringBuilder(value) : data.Append('\n').Append(value);
                    break;
                case "retry":
                    retry = int.Parse(value, CultureInfo.InvariantCulture);
                    break;
                default:
                    // A comment has an empty field name; other fields are ignored, as clients must.
                    break;
            }
        }

        return null;
    }

    /// <inheritdoc />
    public void Dispose() => _lines.Dispose();
}
