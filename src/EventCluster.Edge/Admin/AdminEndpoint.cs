using System.Buffers;
using System.Text.Json;
using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Http;
using EventCluster.Protocol;
using Microsoft.AspNetCore.Http;

namespace EventCluster.Edge.Admin;

/// <summary><c>GET /v1/admin/streams?prefix=&amp;after=&amp;limit=</c>: streams in byte order of names, for this machine only.</summary>
internal sealed class AdminEndpoint(IStreamDirectory directory)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (!OwnMachine.Is(context.Connection))
        {
            await ProblemResponse.WriteAsync(
                context, 403, ErrorCode.LoopbackOnly, "Admin endpoints answer only clients on the same machine.");
            return;
        }

        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.Headers.Allow = "GET, HEAD";
            await ProblemResponse.WriteAsync(context, 405, ErrorCode.MethodNotAllowed, "The listing answers GET, HEAD.");
            return;
        }

        if (!AdminQuery.TryParse(RequestTarget.Of(context).Query, out var query, out var fault))
        {
            await ProblemResponse.WriteAsync(context, fault);
            return;
        }

        await WriteAsync(context, await directory.ListAsync(query.Prefix, query.After, query.Limit, context.RequestAborted));
    }

    private static Task WriteAsync(HttpContext context, StreamPage page)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartArray("streams"u8);
            foreach (var stream in page.Streams)
            {
                Write(json, stream);
            }

            json.WriteEndArray();
            json.WriteString("next"u8, page.Next?.Value);
            json.WriteEndObject();
        }

        var response = context.Response;
        response.Headers.ContentType = "application/json";
        response.Headers.CacheControl = ResponseHeaders.NoStore;
        response.ContentLength = buffer.WrittenCount;
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : response.Body.WriteAsync(buffer.WrittenMemory, context.RequestAborted).AsTask();
    }

    private static void Write(Utf8JsonWriter json, StreamDescriptor stream)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, stream.Name.Value);
        json.WriteString("contentType"u8, stream.ContentType.Original);
        json.WriteString("earliest"u8, stream.Earliest.ToString());
        json.WriteString("tail"u8, stream.Tail.ToString());
        json.WriteNumber("events"u8, stream.RetainedEvents);
        json.WriteNumber("bytes"u8, stream.RetainedBytes);
        json.WriteBoolean("closed"u8, stream.Closed);
        if (stream.TtlSeconds is { } ttl)
        {
            json.WriteNumber("ttl"u8, ttl);
        }

        if (stream.Deadline is { } deadline)
        {
            json.WriteString("deadline"u8, Rfc3339.Format(deadline));
        }

        if (stream.ForkedFrom is { } source)
        {
            json.WriteString("forkedFrom"u8, source.Value);
        }

        json.WriteEndObject();
    }
}
