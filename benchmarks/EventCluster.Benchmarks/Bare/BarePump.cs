using System.Collections.Concurrent;

namespace EventCluster.Benchmarks.Bare;

/// <summary>One thread that writes to the readers of every stream that has something new.</summary>
public sealed class BarePump : IDisposable
{
    private readonly BlockingCollection<BareStream> _streams = [];

    /// <summary>Starts the thread.</summary>
    public BarePump() => new Thread(Run) { IsBackground = true, Name = "bare-pump" }.Start();

    /// <summary>A stream has something for its readers; one with a single reader is served without the pump, but when it joins.</summary>
    public void Wake(BareStream stream)
    {
        if (stream.TryQueue())
        {
            _streams.Add(stream);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _streams.Dispose();

    private void Run()
    {
        foreach (var stream in _streams.GetConsumingEnumerable())
        {
            stream.Dequeue();
            foreach (var reader in stream.Readers)
            {
                reader.Write();
            }
        }
    }
}
