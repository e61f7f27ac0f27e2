using EventCluster.Abstractions.Streams;
using EventCluster.Core;
using EventCluster.Orleans.Wire;
using EventCluster.Protocol;

namespace EventCluster.Orleans.Grains;

/// <summary>
/// Bounds reads, and checks creates and appends that no edge checked: those of clients of a gateway, which may bring a library of their own, and
/// those that do not name their content type. What an edge sends was checked there.
/// </summary>
internal sealed class ForeignRequestFilter(
    LocalStreamDirectory directory, LocalStreamDirectoryOptions options, IGrainFactory grains) : IIncomingGrainCallFilter
{
    /// <summary>How Orleans names the client inside a silo, which edges call with.</summary>
    private const string HostedClientPrefix = "hosted-";

    /// <summary>Longest wait of one read: the response timeout of a grain call.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    /// <inheritdoc />
    public Task Invoke(IIncomingGrainCallContext context)
    {
        if (context.Grain is not StreamGrain)
        {
            return context.Invoke();
        }

        return context.MethodName switch
        {
            nameof(IStreamGrain.AppendAsync) when context.Request.GetArgument(0) is Wire<AppendRequest[]> requests =>
                AppendAsync(context, requests.Value),
            nameof(IStreamGrain.ReadAsync) when context.Request.GetArgument(0) is Wire<ReadRequest> { Damage: null } read && Bounded(read.Value) != read.Value =>
                ReadAsync(context, Bounded(read.Value)),
            nameof(IStreamGrain.CreateAsync) when context.Request.GetArgument(0) is Wire<CreateRequest> request && IsForeign(context) =>
                CreateAsync(context, request.Value),
            nameof(IStreamGrain.ConfigureAsync) when context.Request.GetArgument(0) is Wire<RetentionLimits> limits && IsForeign(context) =>
                ConfigureAsync(context, limits.Value),
            _ => context.Invoke(),
        };
    }

    /// <summary>A read as an edge may ask for it: what the answer of one read holds, and how long it waits, is the silo's to say.</summary>
    private static ReadRequest Bounded(ReadRequest read) => read with
    {
        MaxBytes = Math.Min(read.MaxBytes, ProtocolLimits.MaxReadAnswerBytes),
        MaxEvents = Math.Min(read.MaxEvents, ProtocolLimits.MaxReadAnswerEvents),
        WaitUpTo = read.WaitUpTo < LongestWait ? read.WaitUpTo : LongestWait,
    };

    private static Task ReadAsync(IIncomingGrainCallContext context, ReadRequest read)
    {
        context.Request.SetArgument(0, new Wire<ReadRequest>(read));
        return context.Invoke();
    }

    private static bool IsForeign(IIncomingGrainCallContext context) =>
        context.SourceId is not { } source || !source.IsClient()
        || !source.Key.ToString()!.StartsWith(HostedClientPrefix, StringComparison.Ordinal);

    private async Task AppendAsync(IIncomingGrainCallContext context, AppendRequest[] requests)
    {
        var isForeign = IsForeign(context);
        if (!isForeign && !Array.Exists(requests, NeedsType))
        {
            await context.Invoke();
            return;
        }

        // Asked of the grain, which says "moved" while it hands its stream over.
        var found = Array.Exists(requests, NeedsType) ? (await ((StreamGrain)context.Grain).DescribeAsync()).Value : null;
        var answers = new AppendOutcome?[requests.Length];
        List<AppendRequest> valid = [];
        for (var i = 0; i < requests.Length; i++)
        {
            var (request, answer) = isForeign || NeedsType(requests[i]) ? Check(requests[i], found, isForeign) : (requests[i], null);
            answers[i] = answer;
            if (answer is null)
            {
                valid.Add(request);
            }
        }

        // The owner answers those that are left, in their order; no call for none.
        AppendOutcome[] decided = [];
        if (valid.Count > 0)
        {
            context.Request.SetArgument(0, new Wire<AppendRequest[]>([.. valid]));
            await context.Invoke();
            if (valid.Count == requests.Length || context.Result is not Wire<AppendOutcome[]> { Damage: null } result)
            {
                return;
            }

            decided = result.Value;
        }

        var next = 0;
        context.Result = new Wire<AppendOutcome[]>(Array.ConvertAll(answers, answer => answer ?? decided[next++]));
    }

    private static bool NeedsType(AppendRequest request) => request.ContentType is null && request.Events.Count > 0;

    /// <summary>
    /// The request as the owner gets it. One without a content type gets the one that its events were checked by, so that it
    /// is refused should the stream have another one by then.
    /// </summary>
    private (AppendRequest Request, AppendOutcome? Answer) Check(AppendRequest request, DescribeOutcome? found, bool isForeign)
    {
        if (NeedsType(request))
        {
            switch (found)
            {
                case DescribeOutcome.Found stream:
                    request = request with { ContentType = stream.Descriptor.ContentType };
                    break;
                case DescribeOutcome.Unavailable now:
                    return (request, new AppendOutcome.Unavailable(now.Reason, now.Detail));
                default:
                    return (request, found is DescribeOutcome.Gone ? new AppendOutcome.Gone() : new AppendOutcome.NotFound());
            }
        }

        if (!isForeign && request.ContentType?.Kind == PayloadKind.Binary)
        {
            // Whoever called through this silo's own library has checked all that needs no content type.
            return (request, null);
        }

        var refusal = RequestRules.Check(
            request, request.ContentType?.Kind ?? PayloadKind.Binary, options.MaxAppendBytes, options.MaxAppendEvents);
        return (request, refusal is null ? null : new AppendOutcome.Invalid(refusal));
    }

    private async Task CreateAsync(IIncomingGrainCallContext context, CreateRequest request)
    {
        var kind = (request.ContentType ?? StreamContentType.Default).Kind;
        if (request is { ContentType: null, Fork: { } fork, Events.Count: > 0 }
            && (await grains.GetGrain<IStreamGrain>(fork.Source.Value).DescribeAsync()).Value is DescribeOutcome.Found source)
        {
            kind = source.Descriptor.ContentType.Kind;
        }

        if (RequestRules.Check(request, kind, options.MaxAppendBytes, options.MaxAppendEvents, directory.Time.GetUtcNow()) is { } refusal)
        {
            context.Result = new Wire<CreateOutcome>(new CreateOutcome.Invalid(refusal));
            return;
        }

        await context.Invoke();
    }

    private static Task ConfigureAsync(IIncomingGrainCallContext context, RetentionLimits limits)
    {
        if (RequestRules.Check(limits) is { } refusal)
        {
            context.Result = new Wire<ConfigureOutcome>(new ConfigureOutcome.Invalid(refusal));
            return Task.CompletedTask;
        }

        return context.Invoke();
    }
}
