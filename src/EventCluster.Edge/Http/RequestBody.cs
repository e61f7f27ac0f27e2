using System.Buffers;
using System.IO.Pipelines;
using EventCluster.Protocol;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace EventCluster.Edge.Http;

/// <summary>
/// Reads a request body exactly once into one array, within a limit. Reads take no token: a client that
/// leaves ends them, while a cancelled one would leave the reader unusable for Kestrel's own clean-up.
/// </summary>
internal static class RequestBody
{
    private static readonly RequestFault Encoded = new(
        415, ErrorCode.UnsupportedEncoding, "Content-Encoding is not supported; send the events as they are.");

    /// <summary>What was read; <paramref name="Bytes"/> counts only without a fault.</summary>
    public readonly record struct Outcome(byte[] Bytes, RequestFault? Fault);

    /// <summary>Reads the whole body. A client that stops half-way surfaces as an exception, so nothing is appended.</summary>
    /// <param name="context">The request.</param>
    /// <param name="most">Most bytes of its body.</param>
    public static ValueTask<Outcome> ReadAsync(HttpContext context, int most)
    {
        var length = context.Request.ContentLength;
        if (length == 0 || (length is null && !CanHaveBody(context)))
        {
            return new ValueTask<Outcome>(new Outcome([], null));
        }

        if (context.Request.Headers.ContentEncoding is { Count: > 0 } encoding
            && !string.Equals(encoding.ToString(), "identity", StringComparison.OrdinalIgnoreCase))
        {
            return new ValueTask<Outcome>(new Outcome([], Encoded));
        }

        if (length > most)
        {
            return RefuseAsync(context, length.Value, most);
        }

        var reader = context.Request.BodyReader;
        if (length is not null && reader.TryRead(out var result))
        {
            if (result.Buffer.Length == length)
            {
                var bytes = result.Buffer.ToArray();
                reader.AdvanceTo(result.Buffer.End);
                return new ValueTask<Outcome>(new Outcome(bytes, null));
            }

            reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }

        return length is null ? ReadUnknownAsync(reader, most) : ReadKnownAsync(reader, (int)length);
    }

    private static async ValueTask<Outcome> ReadKnownAsync(PipeReader reader, int length)
    {
        var bytes = GC.AllocateUninitializedArray<byte>(length);
        var read = 0;
        while (true)
        {
            var result = await NextAsync(reader);
            var take = (int)Math.Min(result.Buffer.Length, length - read);
            result.Buffer.Slice(0, take).CopyTo(bytes.AsSpan(read));
            read += take;
            reader.AdvanceTo(result.Buffer.End);
            if (read == length)
            {
                return new Outcome(bytes, null);
            }

            if (result.IsCompleted || result.IsCanceled)
            {
                throw new BadHttpRequestException("The body ended before its Content-Length.");
            }
        }
    }

    private static async ValueTask<Outcome> ReadUnknownAsync(PipeReader reader, int most)
    {
        var bytes = new ArrayBufferWriter<byte>();
        long total = 0;
        while (true)
        {
            var result = await NextAsync(reader);
            total += result.Buffer.Length;
            if (total <= most)
            {
                foreach (var segment in result.Buffer)
                {
                    bytes.Write(segment.Span);
                }
            }

            reader.AdvanceTo(result.Buffer.End);
            if (result.IsCanceled)
            {
                throw new BadHttpRequestException("The body was not finished.");
            }

            if (result.IsCompleted || total > EdgeLimits.MaxDrainedBodyBytes)
            {
                return total > most
                    ? new Outcome([], TooLarge(most))
                    : new Outcome(bytes.WrittenSpan.ToArray(), null);
            }
        }
    }

    private static async ValueTask<Outcome> RefuseAsync(HttpContext context, long length, int most)
    {
        if (length > EdgeLimits.MaxDrainedBodyBytes || context.Request.Headers.Expect.Count > 0)
        {
            return new Outcome([], TooLarge(most));
        }

        while (true)
        {
            var result = await NextAsync(context.Request.BodyReader);
            context.Request.BodyReader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted || result.IsCanceled)
            {
                return new Outcome([], TooLarge(most));
            }
        }
    }

    private static async ValueTask<ReadResult> NextAsync(PipeReader reader)
    {
        try
        {
            return await reader.ReadAsync(CancellationToken.None);
        }
        catch (IOException e) when (e is not (BadHttpRequestException or ConnectionResetException))
        {
            // Kestrel reports some broken framing, such as a chunk size beyond 32 bits, and reset HTTP/2 streams so.
            throw new BadHttpRequestException(e.Message, e);
        }
    }

    private static RequestFault TooLarge(int most) =>
        new(413, ErrorCode.TooLarge, $"The body is larger than {most} bytes; send several appends.");

    private static bool CanHaveBody(HttpContext context) =>
        context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody ?? false;
}
