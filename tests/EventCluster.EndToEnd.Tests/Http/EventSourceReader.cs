namespace EventCluster.EndToEnd.Tests.Http;

/// <summary>Reads frames of a native EventSource response, one at a time.</summary>
public sealed class EventSourceReader(HttpResponseMessage answer, Stream body) : IDisposable
{
    private readonly StreamReader _lines = new(body);

    /// <summary>The position that the frames so far established.</summary>
    public string? LastEventId { get; private set; }

    /// <summary>The next event that would be dispatched, or null when the response ends.</summary>
    public async Task<SseEvent?> NextAsync(CancellationToken cancellationToken)
    {
        var (type, data) = ("message", new List<string>());
        while (await _lines.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.Length == 0)
            {
                if (data.Count > 0)
                {
                    return new SseEvent(type, LastEventId, string.Join('\n', data));
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
                    LastEventId = value;
                    break;
                case "data":
                    data.Add(value);
                    break;
                default:
                    // Comments and `retry` do not concern these tests.
                    break;
            }
        }

        return null;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _lines.Dispose();
        answer.Dispose();
    }
}
