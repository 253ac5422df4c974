/**
 * Columns of the Log Analytics tables that our queries read, as Kusto writes a schema.
 *
 * @source Microsoft Learn, Azure Monitor Logs reference (MicrosoftDocs/azure-reference-other, azure-monitor-ref/tables)
 */
const ofEveryTable =
  '_BilledSize:real, _IsBillable:string, _ResourceId:string, _SubscriptionId:string, SourceSystem:string, TenantId:string, TimeGenerated:datetime, Type:string';

/** What tables of Application Insights have in common. */
const ofApplicationInsights = `${ofEveryTable}, AppRoleInstance:string, AppRoleName:string, AppVersion:string, ClientBrowser:string, ClientCity:string, ClientCountryOrRegion:string, ClientIP:string, ClientModel:string, ClientOS:string, ClientStateOrProvince:string, ClientType:string, IKey:string, ItemCount:int, OperationId:string, OperationName:string, ParentId:string, Properties:dynamic, ResourceGUID:string, SDKVersion:string, SessionId:string, SyntheticSource:string, UserAccountId:string, UserAuthenticatedId:string, UserId:string`;

const ofSpans =
  'DurationMs:real, Id:string, Measurements:dynamic, Name:string, ReferencedItemId:string, ReferencedType:string, ResultCode:string, Success:bool';

/** Table → its columns. */
export const logTables = {
  AppRequests: `${ofApplicationInsights}, ${ofSpans}, Source:string, Url:string`,
  AppDependencies: `${ofApplicationInsights}, ${ofSpans}, Data:string, DependencyType:string, Target:string`,
  AppTraces: `${ofApplicationInsights}, Measurements:dynamic, Message:string, ReferencedItemId:string, ReferencedType:string, SeverityLevel:int`,
  AppMetrics: `${ofApplicationInsights}, Max:real, Min:real, Name:string, Sum:real`,
  AmlOnlineEndpointTrafficLog: `${ofEveryTable}, AuthType:string, AzureMLWorkspaceId:string, AzureMLWorkspaceName:string, DeploymentName:string, EndpointName:string, IdentityData:string, Location:string, Method:string, ModelStatusCode:int, ModelStatusReason:string, OperationName:string, Path:string, Protocol:string, RequestDurationMs:int, RequestPayloadSize:int, RequestThrottlingDelayMs:int, ResponseCode:int, ResponseCodeReason:string, ResponseDurationMs:int, ResponsePayloadSize:int, ResponseThrottlingDelayMs:int, TotalDurationMs:int, UserAgent:string, XMSClientRequestId:string, XRequestId:string`,
  // Of these, only what runbooks use.
  StorageBlobLogs: `${ofEveryTable}, AccountName:string, CallerIpAddress:string, RequesterObjectId:string, ResponseBodySize:long`,
  AzureDiagnostics: `${ofEveryTable}, Category:string, OperationName:string, ResourceProvider:string, httpStatusCode_d:real`,
  Usage: 'DataType:string, IsBillable:bool, Quantity:real, TimeGenerated:datetime, Type:string',
} as const satisfies Record<string, string>;
