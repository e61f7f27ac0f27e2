using System.Buffers;
using System.IO.Pipelines;
using EventCluster.Edge.Memory;
using EventCluster.Protocol;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace EventCluster.Edge.Http;

/// <summary>
/// Reads a request body exactly once into one array, within a limit and the node's memory budget. Reads take no token: a client that
/// leaves ends them, while a cancelled one would leave the reader unusable for Kestrel's own clean-up.
/// </summary>
internal static class RequestBody
{
    private static readonly RequestFault Encoded = new(
        415, ErrorCode.UnsupportedEncoding, "No encoding of the body but chunked is supported; send the events as they are, without Content-Encoding.");

    private const string OverriddenLength = "X-Content-Length";

    private static readonly RequestFault TwoLengths = RequestFault.BadRequest(
        "Content-Length and Transfer-Encoding exclude each other; two readers of this request could find two bodies in it.");

    private static readonly RequestFault OfAnotherVersion = RequestFault.BadRequest(
        "Transfer-Encoding is of HTTP/1.1; a request of this version has frames and may not carry it.");

    private static readonly RequestFault TooSlow = new(
        408, ErrorCode.TooSlow,
        "The body came too slowly, and others need the memory that it held; nothing was done. Send it again, in smaller parts.");

    /// <summary>Too many bytes are under way; a body of this size may come again in a moment.</summary>
    public static readonly RequestFault NoMemory = new(
        503, ErrorCode.Overloaded, "The memory for request bodies is used up; nothing was done. Try again in a moment.")
    {
        Headers = [new("Retry-After", "1")],
    };

    /// <summary>What was read; <paramref name="Bytes"/> counts only without a fault.</summary>
    /// <param name="Bytes">The body.</param>
    /// <param name="Fault">Why there is none.</param>
    /// <param name="Memory">What the body and its commit hold; the caller releases it when the commit is settled.</param>
    public readonly record struct Outcome(byte[] Bytes, RequestFault? Fault, MemoryLease Memory = default);

    /// <summary>Reads the whole body. A client that stops half-way surfaces as an exception, so nothing is appended.</summary>
    /// <param name="context">The request.</param>
    /// <param name="most">Most bytes of its body.</param>
    /// <param name="memory">Where its bytes are reserved, with those of the commit that it becomes.</param>
    public static ValueTask<Outcome> ReadAsync(HttpContext context, int most, InboundPool memory)
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

        // Of HTTP/1.1 alone (RFC 9113 8.2.2); what passes a request on as HTTP/1.1 would find another body in it.
        if (context.Request.Headers.TransferEncoding.Count > 0 && !HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            return new ValueTask<Outcome>(new Outcome([], OfAnotherVersion));
        }

        // Kestrel takes every list of codings that ends in chunked, and hands on what the others made of the body.
        if (context.Request.Headers.TransferEncoding is { Count: > 0 } coding
            && !string.Equals(coding.ToString(), "chunked", StringComparison.OrdinalIgnoreCase))
        {
            return new ValueTask<Outcome>(new Outcome([], Encoded));
        }

        // Kestrel goes by the coding and keeps the length under this name; whatever stands before it may go by the length.
        if (length is null && context.Request.Headers.ContainsKey(OverriddenLength) && context.Request.Headers.TransferEncoding.Count > 0)
        {
            context.Response.Headers.Connection = "close";
            return new ValueTask<Outcome>(new Outcome([], TwoLengths));
        }

        if (length > most)
        {
            return RefuseAsync(context, length.Value, most);
        }

        var reader = context.Request.BodyReader;
        if (length is not null && TryNext(reader, out var result))
        {
            if (result.Buffer.Length == length && memory.TryReserve((int)length, length.Value) is { IsGranted: true } lease)
            {
                var bytes = result.Buffer.ToArray();
                reader.AdvanceTo(result.Buffer.End);
                return WithCommitAsync(bytes, lease, memory);
            }

            reader.AdvanceTo(result.Buffer.Start, result.Buffer.Start);
        }

        return ReadArrivingAsync(context, reader, (int?)length, most, memory);
    }

    /// <summary>
    /// Reads a body that is not here completely. Its array grows with what arrived, never with what was announced: a header
    /// costs a client nothing.
    /// </summary>
    private static async ValueTask<Outcome> ReadArrivingAsync(
        HttpContext context, PipeReader reader, int? length, int most, InboundPool memory)
    {
        using var arrival = memory.Begin(reader.CancelPendingRead);
        var bytes = Array.Empty<byte>();
        RequestFault? fault = null;
        long total = 0;
        while (true)
        {
            arrival.Wait();
            var result = await NextAsync(reader);
            if (!await arrival.ArrivedAsync(result.Buffer.Length))
            {
                reader.AdvanceTo(result.Buffer.Start, result.Buffer.Start);
                return Cut(context);
            }

            var before = (int)Math.Min(total, most);
            total += result.Buffer.Length;
            fault ??= total > most ? TooLarge(most) : null;
            if (fault is null && total > bytes.Length)
            {
                var capacity = Capacity(bytes.Length, (int)total, length ?? most);
                if (await arrival.TryGrowAsync(capacity, length ?? capacity))
                {
                    var larger = GC.AllocateUninitializedArray<byte>(capacity);
                    bytes.AsSpan(0, before).CopyTo(larger);
                    bytes = larger;
                    arrival.Replaced();
                }
                else
                {
                    fault = NoMemory;
                }
            }

            if (fault is null)
            {
                result.Buffer.CopyTo(bytes.AsSpan(before));
            }
            else
            {
                // Read to its end and dropped, so that the client has finished sending and sees the answer.
                bytes = [];
                arrival.Drop();
            }

            reader.AdvanceTo(result.Buffer.End);
            if (result.IsCanceled || (result.IsCompleted && total < length))
            {
                throw new BadHttpRequestException("The body ended before its Content-Length.");
            }

            if (result.IsCompleted || total == length || total > EdgeLimits.MaxDrainedBodyBytes)
            {
                return fault is null
                    ? await CompleteAsync(bytes, (int)total, arrival, memory)
                    : new Outcome([], fault);
            }
        }
    }

    private static async ValueTask<Outcome> CompleteAsync(byte[] bytes, int length, InboundArrival arrival, InboundPool memory)
    {
        if (bytes.Length > length)
        {
            if (!await arrival.TryGrowAsync(length, length))
            {
                return new Outcome([], NoMemory);
            }

            bytes = bytes.AsSpan(0, length).ToArray();
            arrival.Replaced();
        }

        return await WithCommitAsync(bytes, arrival.Complete(), memory);
    }

    /// <summary>Reserves what the body becomes on its way into the store; its own bytes are released when that is refused.</summary>
    private static ValueTask<Outcome> WithCommitAsync(byte[] bytes, MemoryLease lease, InboundPool memory)
    {
        var cost = AppendCost.Of(bytes);
        return !lease.IsGranted || memory.TryExtend(ref lease, bytes.Length, cost)
            ? new ValueTask<Outcome>(new Outcome(bytes, null, lease))
            : ExtendAsync(bytes, lease, cost, memory);
    }

    private static async ValueTask<Outcome> ExtendAsync(byte[] bytes, MemoryLease lease, long cost, InboundPool memory)
    {
        lease = await memory.ExtendAsync(lease, bytes.Length, cost);
        return lease.IsGranted ? new Outcome(bytes, null, lease) : new Outcome([], NoMemory);
    }

    /// <summary>Twice as much as arrived, and the length itself as the last step.</summary>
    private static int Capacity(int current, int arrived, int announced) => Math.Min(
        announced, Math.Max(Math.Max(arrived, 2 * current), EdgeLimits.SmallestBodyArray));

    private static Outcome Cut(HttpContext context)
    {
        if (HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            // The rest of the body would be taken for the next request.
            context.Response.Headers.Connection = "close";
        }

        return new Outcome([], TooSlow);
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
        catch (IOException e) when (IsOfClient(e))
        {
            throw new BadHttpRequestException(e.Message, e);
        }
    }

    /// <summary>What is there already; a body that is over and wrong is told here.</summary>
    private static bool TryNext(PipeReader reader, out ReadResult result)
    {
        try
        {
            return reader.TryRead(out result);
        }
        catch (IOException e) when (IsOfClient(e))
        {
            throw new BadHttpRequestException(e.Message, e);
        }
    }

    /// <summary>
    /// Kestrel reports some broken framing so: a chunk size beyond 32 bits, reset HTTP/2 streams, and those whose length is not the
    /// one that was announced.
    /// </summary>
    private static bool IsOfClient(IOException e) => e is not (BadHttpRequestException or ConnectionResetException);

    private static RequestFault TooLarge(int most) =>
        new(413, ErrorCode.TooLarge, $"The body is larger than {most} bytes; send several appends.");

    private static bool CanHaveBody(HttpContext context) =>
        context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody ?? false;
}
