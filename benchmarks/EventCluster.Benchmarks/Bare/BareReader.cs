using System.Buffers;
using System.IO.Pipelines;

namespace EventCluster.Benchmarks.Bare;

/// <summary>A connection that follows a stream: its place, and whether bytes are on their way.</summary>
public sealed class BareReader(BareStream stream, PipeWriter writer, BarePump pump, int? position)
{
    private readonly Lock _lock = new();
    private (BareChunk Chunk, int Place) _at = stream.PlaceOf(position);
    private bool _isFlushing;

    /// <summary>Writes what it lacks, unless bytes are on their way.</summary>
    public void Write()
    {
        lock (_lock)
        {
            if (_isFlushing || !TryCopy())
            {
                return;
            }

            var flush = writer.FlushAsync();
            if (flush.IsCompletedSuccessfully)
            {
                return;
            }

            _isFlushing = true;
            _ = FlushedAsync(flush);
        }
    }

    private bool TryCopy()
    {
        var any = false;
        while (true)
        {
            var next = _at.Chunk.Next;
            var missing = _at.Chunk.After(_at.Place);
            if (!missing.IsEmpty)
            {
                writer.Write(missing);
                _at.Place += missing.Length;
                any = true;
            }

            if (next is null)
            {
                return any;
            }

            _at = (next, 0);
        }
    }

    private async Task FlushedAsync(ValueTask<FlushResult> flush)
    {
        try
        {
            await flush;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
        {
            // The client left; nothing more is written to it.
            return;
        }

        lock (_lock)
        {
            _isFlushing = false;
        }

        pump.Wake(stream);
    }
}
