using EventCluster.Benchmarks.Http;

namespace EventCluster.Benchmarks.Clients;

/// <summary>Requests that append one event each, ready to be sent but for the events' numbers.</summary>
public sealed class AppendRequests
{
    private readonly byte[] _bytes;
    private readonly int _each;

    /// <summary>A number of requests to one stream.</summary>
    /// <param name="head">Request line and headers for an event of <see cref="Payloads.EventBytes"/>.</param>
    /// <param name="count">How many.</param>
    public AppendRequests(byte[] head, int count)
    {
        byte[] one = [.. head, .. Payloads.Event(0)];
        _each = one.Length;
        _bytes = new byte[_each * count];
        for (var i = 0; i < count; i++)
        {
            one.CopyTo(_bytes, i * _each);
        }
    }

    /// <summary>The first requests, for events with consecutive numbers.</summary>
    public ReadOnlyMemory<byte> Number(int first, int count)
    {
        for (var i = 0; i < count; i++)
        {
            Payloads.SetNumber(_bytes.AsSpan(((i + 1) * _each) - Payloads.EventBytes), first + i);
        }

        return _bytes.AsMemory(0, count * _each);
    }
}
